#pragma once

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace mien {

/// What a caller can act on. The message says the rest.
enum class ErrorCode { Cancelled, NotFound, Unreadable, Invalid, Conflict, NoSpace, Internal };

struct Error
{
    ErrorCode code = ErrorCode::Internal;
    std::string message; ///< One sentence for the person at the screen; names the file or row.
};

/// The value of what can fail in the world (missing file, full disk, a person pressing Stop).
/// What only a bug can do is an assertion instead.
template <typename T = void>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorCode::NotFound, "…");` from any function that returns a Result.
inline tl::unexpected<Error> fail(ErrorCode code, std::string message)
{
    return tl::unexpected<Error>(Error{code, std::move(message)});
}

/// Passes an error on unchanged: `if (!x) return fail(x.error());`
inline tl::unexpected<Error> fail(Error error)
{
    return tl::unexpected<Error>(std::move(error));
}

} // namespace mien
