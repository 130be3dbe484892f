#include "models/train/torch_errors.h"

#include <c10/util/Exception.h>

#include <new>
#include <string_view>

namespace mien {
namespace {

constexpr const char *kRemedy = ": use a smaller batch (with --set accumulate the steps stay as large), or a smaller "
                                "network or size";

std::string firstLine(const std::string &text)
{
    return text.substr(0, text.find('\n'));
}

/// LibTorch has no type of its own for what the machine has not.
bool isOutOfMachineMemory(const std::exception &exception)
{
    const std::string_view text = exception.what();
    return dynamic_cast<const std::bad_alloc *>(&exception) || text.find("allocate memory") != std::string_view::npos ||
           text.find("not enough memory") != std::string_view::npos;
}

} // namespace

Error errorOf(const std::exception &exception, const std::string &what)
{
    if (dynamic_cast<const c10::OutOfMemoryError *>(&exception))
        return {ErrorCode::NoSpace, what + " needs more memory than the device has" + kRemedy};
    if (isOutOfMachineMemory(exception))
        return {ErrorCode::NoSpace, what + " needs more memory than there is" + kRemedy};
    if (const auto *error = dynamic_cast<const c10::Error *>(&exception)) {
        const std::string line = firstLine(error->what_without_backtrace());
        if (line.find("CUDA error") != std::string::npos)
            return {ErrorCode::Internal, what + " lost the GPU (" + line +
                                             "): look whether nvidia-smi still lists it, and begin again or resume"};
        if (line.find("more than 1 value per channel") != std::string::npos)
            return {ErrorCode::Invalid, what + " needs at least two faces in a batch for this network, which measures "
                                               "means over them: use --set batch=2 or more"};
        return {ErrorCode::Internal, what + " failed inside LibTorch: " + line};
    }
    return {ErrorCode::Internal, what + " failed: " + firstLine(exception.what())};
}

} // namespace mien
