#include "models/io/weight_file.h"

#include "models/io/array_pickle.h"
#include "models/io/legacy_torch_file.h"
#include "models/io/npy.h"
#include "models/io/stored_zip.h"
#include "models/io/torch_state.h"
#include "models/io/torch_zip_file.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <set>
#include <string_view>

namespace mien {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostFileBytes = 16ull << 30;
constexpr std::string_view kParallel = "module."; // what torch.nn.DataParallel puts before every name

using Bytes = std::span<const std::byte>;

struct FileBytes
{
    std::shared_ptr<const std::byte[]> owner;
    Bytes bytes;
};

Result<FileBytes> wholeFile(const fs::path &path)
{
    std::error_code error;
    if (!fs::exists(path, error))
        return fail(ErrorCode::NotFound, "There is no file " + path.string() + ".");
    const std::uint64_t size = fs::is_regular_file(path, error) ? fs::file_size(path, error) : 0;
    std::ifstream file(path, std::ios::binary);
    if (error || !file || !fs::is_regular_file(path, error))
        return fail(ErrorCode::Unreadable, "Cannot read " + path.string() + ".");
    if (size > kMostFileBytes)
        return fail(ErrorCode::Invalid, path.string() + " is larger than 16 GB, more than weights have.");
    std::shared_ptr<std::byte[]> bytes = std::make_unique_for_overwrite<std::byte[]>(size);
    if (size > 0 && !file.read(reinterpret_cast<char *>(bytes.get()), std::streamsize(size)))
        return fail(ErrorCode::Unreadable, "Cannot read " + path.string() + ".");
    return FileBytes{bytes, {bytes.get(), std::size_t(size)}};
}

std::string_view textOf(Bytes bytes, std::size_t most)
{
    return {reinterpret_cast<const char *>(bytes.data()), std::min(bytes.size(), most)};
}

/// A header of JSON behind its length: neither a zip archive nor a pickle has a brace there.
bool isSafetensors(const fs::path &path)
{
    char begin[9] = {};
    return std::ifstream(path, std::ios::binary).read(begin, sizeof begin) && begin[8] == '{';
}

tl::unexpected<Error> unknown(const fs::path &path, Bytes bytes)
{
    const std::string_view begin = textOf(bytes, 64);
    std::string what = "is neither a PyTorch file nor safetensors nor an .npz archive nor a pickle of arrays";
    if (begin.empty())
        what = "is empty";
    else if (begin.starts_with("version https://git-lfs"))
        what = "is a Git LFS pointer, not the weights themselves; get them with git lfs pull";
    else if (begin.starts_with("<!DOCTYPE") || begin.starts_with("<!doctype") || begin.starts_with("<html"))
        what = "is a web page, not weights; the download asked for something in between";
    else if (begin.starts_with("\x89HDF\r\n"))
        what = "is an HDF5 file, which is not read: save its arrays with numpy.savez, by their names, and convert that "
               "(of EfficientNetV2 timm's tf_efficientnetv2_* hold the same weights as safetensors)";
    return fail(ErrorCode::Invalid, path.string() + " " + what + ".");
}

WeightFile fromTorch(WeightForm form, TorchState state)
{
    WeightFile file{.form = form};
    file.tensors = std::move(state.tensors);
    file.skipped = std::move(state.skipped);
    file.beside = std::move(state.beside);
    file.owner = std::move(state.owner);
    return file;
}

Result<WeightFile> fromSafetensors(const fs::path &path)
{
    auto opened = SafetensorsFile::open(path);
    if (!opened)
        return fail(opened.error());
    WeightFile file{.form = WeightForm::Safetensors};
    file.tensors = opened->tensors();
    file.metadata = opened->metadata();
    file.owner = std::make_shared<SafetensorsFile>(std::move(*opened));
    return file;
}

/// Values of an array in a type of safetensors; the bytes live in `owners`.
Result<TensorView> arrayOf(std::string name, const NpyArray &array, std::vector<std::shared_ptr<const void>> &owners)
{
    const auto kept = [&](DType dtype, auto values) -> Result<TensorView> {
        if (!values)
            return fail(values.error());
        const auto owner = std::make_shared<const std::remove_cvref_t<decltype(*values)>>(std::move(*values));
        owners.push_back(owner);
        return TensorView{std::move(name), dtype, array.shape(), std::as_bytes(std::span(*owner))};
    };
    if (array.isFloat())
        return array.descr().ends_with("f8") ? kept(DType::F64, array.doubles()) : kept(DType::F32, array.floats());
    return kept(DType::I64, array.integers());
}

Result<WeightFile> fromArrays(const ZipEntries &entries, const std::string &path)
{
    struct Owners
    {
        std::vector<std::shared_ptr<const void>> all;
    };
    const auto owners = std::make_shared<Owners>();
    WeightFile file{.form = WeightForm::NumpyArchive};
    for (const auto &[entryName, bytes] : entries) {
        const std::string name = entryName.substr(0, entryName.size() - 4);
        const auto array = NpyArray::parse(bytes, path + ", " + entryName);
        if (!array)
            return fail(array.error());
        if (!array->isFloat() && !array->isInteger()) {
            file.skipped.push_back(name);
            continue;
        }
        auto tensor = arrayOf(name, *array, owners->all);
        if (!tensor)
            return fail(tensor.error());
        file.tensors.push_back(std::move(*tensor));
    }
    if (file.tensors.empty())
        return fail(ErrorCode::Invalid, path + " holds no array of numbers.");
    file.owner = owners;
    return file;
}

Result<WeightFile> fromZip(const FileBytes &whole, const std::string &path)
{
    const auto entries = storedZipEntries(whole.bytes);
    if (!entries)
        return fail(ErrorCode::Invalid, path + " is not a usable archive of weights: " + entries.error().message + ".");
    const bool isArrays = !entries->empty() && std::all_of(entries->begin(), entries->end(), [](const auto &entry) {
        return entry.first.ends_with(".npy");
    });
    if (isArrays)
        return fromArrays(*entries, path);
    auto state = parseTorchZipFile(*entries, path, whole.owner);
    return state ? Result<WeightFile>(fromTorch(WeightForm::TorchZip, std::move(*state))) : fail(state.error());
}

Result<WeightFile> opened(const fs::path &path)
{
    if (isSafetensors(path))
        return fromSafetensors(path);
    const auto whole = wholeFile(path);
    if (!whole)
        return fail(whole.error());
    if (isZip(whole->bytes))
        return fromZip(*whole, path.string());
    if (isArrayPickle(whole->bytes)) {
        auto state = parseArrayPickle(whole->bytes, path.string(), whole->owner);
        return state ? Result<WeightFile>(fromTorch(WeightForm::ArrayPickle, std::move(*state))) : fail(state.error());
    }
    if (!whole->bytes.empty() && whole->bytes[0] == std::byte(0x80)) {
        auto state = parseLegacyTorchFile(whole->bytes, path.string(), whole->owner);
        return state ? Result<WeightFile>(fromTorch(WeightForm::TorchLegacy, std::move(*state))) : fail(state.error());
    }
    return unknown(path, whole->bytes);
}

/// Whether no value of `width` bytes has all bits of the exponent set, which infinities and NaN have.
template <typename Bits>
bool isFinite(Bytes bytes, Bits exponent)
{
    bool finite = true;
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(Bits)) {
        Bits value = 0;
        std::memcpy(&value, bytes.data() + at, sizeof value);
        finite &= (value & exponent) != exponent;
    }
    return finite;
}

bool isFinite(const TensorView &tensor)
{
    switch (tensor.dtype) {
    case DType::F16: return isFinite<std::uint16_t>(tensor.bytes, 0x7C00);
    case DType::BF16: return isFinite<std::uint16_t>(tensor.bytes, 0x7F80);
    case DType::F32: return isFinite<std::uint32_t>(tensor.bytes, 0x7F800000u);
    case DType::F64: return isFinite<std::uint64_t>(tensor.bytes, 0x7FF0000000000000u);
    default: return true;
    }
}

} // namespace

std::string_view name(WeightForm form)
{
    switch (form) {
    case WeightForm::Safetensors: return "safetensors";
    case WeightForm::TorchZip: return "torch-zip";
    case WeightForm::TorchLegacy: return "torch-legacy";
    case WeightForm::NumpyArchive: return "npz";
    case WeightForm::ArrayPickle: return "pickle";
    }
    return {};
}

Result<WeightFile> openWeightFile(const fs::path &path)
{
    auto file = opened(path);
    if (!file)
        return file;
    std::set<std::string_view> names;
    for (TensorView &tensor : file->tensors) {
        if (!isFinite(tensor))
            return fail(ErrorCode::Invalid, path.string() + ": the tensor " + quotedForeign(tensor.name) +
                                                " holds values that are not finite.");
        if (tensor.name.starts_with(kParallel) && tensor.name.size() > kParallel.size())
            tensor.name.erase(0, kParallel.size());
        if (!names.insert(tensor.name).second)
            return fail(ErrorCode::Invalid, path.string() + " holds the tensor " + quotedForeign(tensor.name) +
                                                " twice, with and without a leading \"module.\".");
    }
    return file;
}

} // namespace mien
