#pragma once

#include "models/base/result.h"
#include "models/io/safetensors.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// One tensor of a network, row-major.
struct NamedTensor
{
    std::string name;
    std::vector<std::int64_t> shape;
    std::vector<float> values;
};

/// The tensors of one of MTCNN's networks, by the names of the published weights (`models.md` 7.2).
using WeightMap = std::map<std::string, NamedTensor, std::less<>>;

enum class MtcnnStage { PNet, RNet, ONet };
inline constexpr MtcnnStage allMtcnnStages[] = {MtcnnStage::PNet, MtcnnStage::RNet, MtcnnStage::ONet};

std::string_view name(MtcnnStage stage); ///< "pnet", "rnet", "onet".

/// What a tensor of a stage is called, and how it is shaped.
struct WeightShape
{
    std::string_view name;
    std::vector<std::int64_t> shape;
};
const std::vector<WeightShape> &weightShapes(MtcnnStage stage);

/// All three stages, complete: every tensor is there with its shape and finite values.
struct MtcnnWeights
{
    WeightMap pnet, rnet, onet;

    WeightMap &of(MtcnnStage stage);
    const WeightMap &of(MtcnnStage stage) const;
};

/// Fails with Invalid, beginning with `where` and naming the first tensor that is missing, unknown, of another shape or
/// not finite.
Result<> checkWeights(MtcnnStage stage, const WeightMap &weights, const std::string &where);

/// The F32 tensors of a file; others are left out.
WeightMap weightsOf(const SafetensorsFile &file);

/// Where the published files `pnet.pt`, `rnet.pt`, `onet.pt` may lie, best first: $MIEN_DATA_DIR where it is set, and
/// nowhere else; else share/mien/mtcnn beside the folder of the program (an installed Mien), then
/// .deps/facenet/facenet_pytorch/data of the folder that the program's build folder is in (where ./dev puts them).
/// In each, files may lie in the folder itself, in `mtcnn` or in `facenet_pytorch/data`.
std::vector<std::filesystem::path> mtcnnWeightFolders();

/// The weights that are installed. A published file is held to its SHA-256 and read once: afterwards its tensors lie as
/// safetensors in `mien/mtcnn` of the user's cache folder ($XDG_CACHE_HOME, else ~/.cache), written by rename, and are
/// read from there as long as they have the hash that was noted with them; a cache that is damaged or cannot be written
/// is passed over.
/// Fails with NotFound, naming where it looked, or Invalid for a file that is not the published one.
Result<MtcnnWeights> installedMtcnnWeights();

/// The same with the places named: for tests. An empty `cache` keeps nothing.
Result<MtcnnWeights> mtcnnWeightsFrom(const std::vector<std::filesystem::path> &folders,
                                      const std::filesystem::path &cache);

} // namespace mien
