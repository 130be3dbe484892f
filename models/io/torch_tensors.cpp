#include "models/io/torch_tensors.h"

#include "models/io/module_state.h"

#include <cstring>
#include <map>
#include <string_view>

namespace mien {
namespace {

torch::Dtype torchDtype(DType dtype)
{
    switch (dtype) {
    case DType::Bool: return torch::kBool;
    case DType::U8: return torch::kUInt8;
    case DType::I32: return torch::kInt32;
    case DType::I64: return torch::kInt64;
    case DType::F16: return torch::kFloat16;
    case DType::BF16: return torch::kBFloat16;
    case DType::F32: return torch::kFloat32;
    case DType::F64: return torch::kFloat64;
    }
    TORCH_CHECK(false, "unknown safetensors type");
}

DType storedDtype(torch::Dtype dtype)
{
    for (const DType stored :
         {DType::Bool, DType::U8, DType::I32, DType::I64, DType::F16, DType::BF16, DType::F32, DType::F64})
        if (torchDtype(stored) == dtype)
            return stored;
    TORCH_CHECK(false, "no safetensors type for ", dtype);
}

} // namespace

torch::Tensor toTorch(const TensorView &tensor)
{
    if (tensor.dtype == DType::Bool) { // any byte but 0 is true; torch itself may only see 0 and 1
        const auto bytes = toTorch({tensor.name, DType::U8, tensor.shape, tensor.bytes});
        return bytes != 0;
    }
    torch::Tensor result = torch::empty(tensor.shape, torchDtype(tensor.dtype));
    if (!tensor.bytes.empty())
        std::memcpy(result.data_ptr(), tensor.bytes.data(), tensor.bytes.size());
    return result;
}

void addTensor(SafetensorsWriter &writer, std::string name, const torch::Tensor &tensor)
{
    const auto kept = std::make_shared<const torch::Tensor>(tensor.detach().to(torch::kCPU).contiguous());
    const std::span bytes(static_cast<const std::byte *>(kept->const_data_ptr()), kept->nbytes());
    writer.add({std::move(name), storedDtype(kept->scalar_type()), kept->sizes().vec(), bytes}, kept);
}

void addModule(SafetensorsWriter &writer, const torch::nn::Module &module, const std::string &prefix)
{
    for (const auto &[name, tensor] : namedState(module))
        addTensor(writer, prefix + name, tensor);
}

Result<WeightReport> loadWeights(torch::nn::Module &module, const SafetensorsFile &file, WeightMatch match,
                                 const std::string &prefix)
{
    const torch::NoGradGuard noGradient;
    auto state = namedState(module);
    std::vector<std::pair<torch::Tensor, torch::Tensor>> copies;
    WeightReport report;
    std::map<std::string, bool> seen;
    for (const TensorView &stored : file.tensors()) {
        std::string_view key = stored.name;
        if (key.starts_with("module."))
            key.remove_prefix(7);
        if (!key.starts_with(prefix))
            continue;
        key.remove_prefix(prefix.size());
        const auto found = state.find(std::string(key));
        if (found == state.end() || !seen.emplace(key, true).second) {
            report.unexpected.push_back(stored.name);
        } else if (found->second.sizes().vec() != stored.shape) {
            report.mismatched.push_back(stored.name);
        } else {
            const torch::Tensor value = toTorch(stored);
            if (value.is_floating_point() && !torch::isfinite(value).all().item<bool>())
                return fail(ErrorCode::Invalid, file.path().string() + ": tensor \"" + stored.name +
                                                    "\" holds values that are not finite.");
            copies.emplace_back(found->second, value);
        }
    }
    for (const auto &[name, tensor] : state)
        if (!seen.contains(name) && !name.ends_with("num_batches_tracked"))
            report.missing.push_back(name);
    report.matched = int(copies.size());

    const bool strict = match == WeightMatch::Strict;
    if (strict && !(report.missing.empty() && report.unexpected.empty() && report.mismatched.empty())) {
        std::string message = file.path().string() + " does not fit this network:";
        if (!report.mismatched.empty())
            message += " other shape: " + firstThree(report.mismatched) + ";";
        if (!report.missing.empty())
            message += " missing: " + firstThree(report.missing) + ";";
        if (!report.unexpected.empty())
            message += " not expected: " + firstThree(report.unexpected) + ";";
        message.back() = '.';
        return fail(ErrorCode::Invalid, std::move(message));
    }
    if (report.matched == 0)
        return fail(ErrorCode::Invalid, file.path().string() + " holds no weight of this network.");
    for (auto &[parameter, value] : copies)
        parameter.copy_(value);
    return report;
}

} // namespace mien
