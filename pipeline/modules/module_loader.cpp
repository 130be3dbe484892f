#include "pipeline/modules/module_loader.h"

#include <dlfcn.h>

#include <filesystem>
#include <string>

namespace mien {

Result<void *> loadModule(std::string_view file, const char *entry, std::string_view purpose)
{
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
    const fs::path libraries = (folder / "../lib").lexically_normal();
    for (const fs::path &place : {libraries / file, folder / file}) {
        if (!fs::exists(place, error))
            continue;
        void *const module = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (!module)
            return fail(ErrorCode::NotFound, "The module " + std::string(file) + ", " + std::string(purpose) +
                                                 ", cannot be loaded: " + dlerror() + "; install Mien again.");
        if (void *const address = dlsym(module, entry))
            return address;
        return fail(ErrorCode::Invalid, place.string() + " is not a module of this version; install Mien again.");
    }
    return fail(ErrorCode::NotFound, "The module " + std::string(file) + ", " + std::string(purpose) +
                                         ", is neither in " + libraries.string() +
                                         " nor beside the program; install Mien again.");
}

} // namespace mien
