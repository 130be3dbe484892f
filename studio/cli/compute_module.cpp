#include "studio/cli/compute_module.h"

#include "models/worker/compute.h"
#include "pipeline/jobs/stoppable_compute.h"
#include "pipeline/modules/module_loader.h"

#include <cstdlib>

namespace mien {

namespace {

Result<Compute *> load()
{
    // OpenMP reads this when its library is loaded; why this value: models/worker/main.cpp.
    ::setenv("GOMP_SPINCOUNT", "5000", /*overwrite=*/0);
    const auto entry = loadModule("libmien-compute.so", "mienCompute", "which computes");
    if (!entry)
        return fail(entry.error());
    return reinterpret_cast<Compute *(*)()>(*entry)();
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
