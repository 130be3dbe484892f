#include "pipeline/dlib/dlib_faces.h"
#include "pipeline/dlib/frontal_scan.h"
#include "pipeline/dlib/regression_cascade.h"

namespace mien {

namespace {

class DlibModule final : public DlibFaces
{
public:
    std::vector<Face> frontalFaces(const Picture &grey) const override { return m_scan.faces(grey); }

    Result<std::unique_ptr<const LandmarkModel>> landmarkModel(const std::filesystem::path &file) const override
    {
        return RegressionCascade::read(file);
    }

private:
    FrontalScan m_scan;
};

} // namespace

} // namespace mien

const mien::DlibFaces *mienDlib()
{
    static const mien::DlibModule module;
    return &module;
}
