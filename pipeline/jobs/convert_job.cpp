#include "pipeline/jobs/convert_job.h"

#include "models/io/safetensors.h"
#include "models/io/weight_file.h"
#include "pipeline/jobs/own_child.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <system_error>

namespace mien {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// What SafetensorsWriter of a process that was killed has left beside its target.
void removePart(const fs::path &out, pid_t pid)
{
    fs::path part = out;
    part += ".part" + std::to_string(pid);
    std::error_code none;
    fs::remove(part, none);
}

std::string endedBy(const fs::path &file, int signal, const Confinement &limits)
{
    const std::string who = "The process that reads " + file.string();
    if (signal == SIGXCPU)
        return who + " was ended: it needed more than " + std::to_string(limits.cpuSeconds) + " s of processor time.";
    if (signal == SIGXFSZ)
        return who + " was ended: it would have written more than " + std::to_string(limits.fileBytes >> 20) + " MB.";
    return who + " was ended by signal " + std::to_string(signal) + "; nothing was written.";
}

/// "mien convert: There is no file x." without who says it.
std::string complaint(const ChildEnd &end, const fs::path &file)
{
    constexpr std::string_view who = "mien convert: ";
    std::string text = end.err.substr(0, end.err.find('\n'));
    if (text.starts_with(who))
        text.erase(0, who.size());
    return text.empty() ? "The process that reads " + file.string() + " failed without a word." : text;
}

} // namespace

Result<ConvertedWeights> convertWeights(const fs::path &file, const fs::path &out)
{
    auto weights = openWeightFile(file);
    if (!weights)
        return fail(weights.error());
    ConvertedWeights converted{.form = std::string(name(weights->form)),
                               .tensors = std::int64_t(weights->tensors.size()),
                               .skipped = std::move(weights->skipped),
                               .beside = std::move(weights->beside)};
    SafetensorsWriter writer;
    for (const auto &[key, value] : weights->metadata)
        writer.setMetadata(key, value);
    if (weights->form == WeightForm::TorchZip || weights->form == WeightForm::TorchLegacy)
        writer.setMetadata("format", "pt"); // as PyTorch's users of the format mark the order of axes
    for (TensorView &tensor : weights->tensors) {
        converted.values += tensor.count();
        writer.add(std::move(tensor));
    }
    if (const auto written = writer.write(out); !written)
        return fail(written.error());
    return converted;
}

Confinement conversionLimits(const fs::path &file)
{
    std::error_code error;
    const std::uintmax_t found = fs::file_size(file, error);
    const std::uint64_t bytes = error ? 0 : found;
    // The file, four times its values at most (eight of bytes that become integers), the pickle's values.
    return {.memoryBytes = (std::uint64_t(1) << 30) + 10 * bytes,
            .cpuSeconds = 60 + bytes / 20'000'000,
            .fileBytes = (std::uint64_t(64) << 20) + 9 * bytes};
}

Result<ConvertedWeights> convertInChild(const fs::path &file, const fs::path &out, const Job &job)
{
    const auto end = runOwnChild({"convert", "--confined", "--json", "--", file.string(), out.string()}, job);
    if (!end)
        return fail(end.error());
    if (end->status < 0) {
        removePart(out, end->pid);
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Stopped; nothing was written.");
        return fail(ErrorCode::Invalid, endedBy(file, end->signal, conversionLimits(file)));
    }
    if (end->status != 0)
        return fail(ErrorCode::Invalid, complaint(*end, file));
    const json told = json::parse(end->out.substr(0, end->out.find('\n')), nullptr, false);
    if (!told.is_object() || told.value("event", "") != "result")
        return fail(ErrorCode::Internal, complaint(*end, file));
    return ConvertedWeights{.form = told.value("form", ""),
                            .tensors = told.value("tensors", std::int64_t(0)),
                            .values = told.value("values", std::int64_t(0)),
                            .skipped = told.value("skipped", std::vector<std::string>()),
                            .beside = told.value("beside", std::vector<std::string>())};
}

} // namespace mien
