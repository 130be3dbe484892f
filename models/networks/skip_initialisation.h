#pragma once

#include <c10/core/impl/LocalDispatchKeySet.h>

namespace mien {

/// While it lives, tensors of this thread are made without random starting values: what only counts the parameters of
/// a network need not draw a hundred million of them. Such a network must not be used for anything else.
class SkipInitialisation
{
public:
    SkipInitialisation();

private:
    c10::impl::IncludeDispatchKeyGuard m_guard;
};

} // namespace mien
