#include "studio/cli/compute_module.h"

#include "models/worker/compute.h"
#include "pipeline/jobs/stoppable_compute.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>

namespace mien {

namespace fs = std::filesystem;

namespace {

Result<Compute *> load()
{
    // OpenMP reads this when its library is loaded; why this value: models/worker/main.cpp.
    ::setenv("GOMP_SPINCOUNT", "50000", /*overwrite=*/0);
    std::error_code error;
    const fs::path programFolder = fs::read_symlink("/proc/self/exe", error).parent_path();
    for (const fs::path &file :
         {programFolder.parent_path() / "lib" / "libmien-compute.so", programFolder / "libmien-compute.so"}) {
        if (!fs::exists(file, error))
            continue;
        void *module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (!module)
            return fail(ErrorCode::NotFound,
                        "The computing module could not be loaded: " + std::string(dlerror()) + ".");
        const auto entry = reinterpret_cast<Compute *(*)()>(dlsym(module, "mienCompute"));
        if (!entry)
            return fail(ErrorCode::Invalid,
                        file.string() + " is not the computing module of this version; install Mien again.");
        return entry();
    }
    return fail(ErrorCode::NotFound, "The computing module libmien-compute.so is neither in " +
                                         (programFolder.parent_path() / "lib").string() +
                                         " nor beside the program; install Mien again.");
}

} // namespace

Result<Compute *> compute()
{
    static const Result<Compute *> loaded = load();
    return loaded;
}

Result<Compute *> compute(const Job &job)
{
    if (const auto tried = runStoppable([] { static_cast<void>(compute()); }, job); !tried)
        return fail(tried.error());
    return compute();
}

} // namespace mien
