#include "studio/review/neighbour_faces.h"

#include "pipeline/store/samples.h"
#include "studio/common/background.h"
#include "studio/common/face_images.h"
#include "studio/common/project_session.h"
#include "studio/review/label_words.h"

#include <utility>

namespace mien {

void readNeighbours(Background &work, const ProjectSession &session, std::shared_ptr<const FaceImages> images,
                    std::vector<SampleId> samples, int sidePx,
                    std::function<void(const Result<std::vector<NeighbourFace>> &)> done)
{
    using Pictures = std::vector<std::pair<SampleRow, QImage>>;
    work.start(
        [readers = session.readers(), images = std::move(images), samples = std::move(samples), sidePx](const Job &) {
            return readers->with([&](const Project &project) -> Result<Pictures> {
                const auto rows = sampleRows(project, samples);
                if (!rows)
                    return fail(rows.error());
                Pictures pictures;
                for (const SampleRow &row : *rows)
                    pictures.emplace_back(row, images->thumbnail(row, sidePx));
                return pictures;
            });
        },
        [&session, done = std::move(done)](const Result<Pictures> &pictures) {
            if (!pictures) {
                done(fail(pictures.error()));
                return;
            }
            std::vector<NeighbourFace> faces;
            for (const auto &[row, picture] : *pictures)
                faces.push_back({row.id, picture, row.label, labelWord(session, row.label, row.state),
                                 QString::fromStdString(row.source)});
            done(faces);
        });
}

} // namespace mien
