#include "pipeline/import/file_facts.h"

#include "pipeline/import/text_form.h"

#include <sys/stat.h>

namespace mien {

FileFacts fileFacts(const std::filesystem::path &path)
{
    struct stat facts = {};
    if (stat(path.c_str(), &facts) != 0)
        return {};
    return {true, facts.st_size, std::int64_t(facts.st_mtim.tv_sec) * 1000 + facts.st_mtim.tv_nsec / 1'000'000};
}

Result<> refusePipe(const std::filesystem::path &path)
{
    struct stat facts = {};
    if (stat(path.c_str(), &facts) != 0 || S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode))
        return {};
    const char *const kind = S_ISFIFO(facts.st_mode) ? "pipe" : S_ISSOCK(facts.st_mode) ? "socket" : "device";
    return fail(ErrorCode::Invalid,
                displayText(path.native()) + " is a " + kind + "; save its contents to a file first.");
}

NewMedia newMedia(const std::filesystem::path &path, std::string kind)
{
    const FileFacts facts = fileFacts(path);
    std::error_code error;
    const auto absolute = std::filesystem::absolute(path, error);
    return {error ? path : absolute.lexically_normal(), std::move(kind), facts.bytes, facts.modifiedMs, std::nullopt};
}

} // namespace mien
