#pragma once

#include "models/base/result.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace mien {

/// Element types that Mien reads and writes. Half-precision values have no C++ type here; torch converts them.
enum class DType { Bool, U8, I32, I64, F16, BF16, F32, F64 };

std::size_t byteSize(DType dtype);  ///< Bytes of one element.
std::string_view name(DType dtype); ///< As spelt in the file: "F32", "BOOL", …

template <typename T>
constexpr DType dtypeOf()
{
    if constexpr (std::is_same_v<T, bool>)
        return DType::Bool;
    else if constexpr (std::is_same_v<T, std::uint8_t>)
        return DType::U8;
    else if constexpr (std::is_same_v<T, std::int32_t>)
        return DType::I32;
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return DType::I64;
    else if constexpr (std::is_same_v<T, float>)
        return DType::F32;
    else {
        static_assert(std::is_same_v<T, double>, "no safetensors type for T");
        return DType::F64;
    }
}

/// One tensor of a file: row-major, little-endian, not necessarily aligned.
struct TensorView
{
    std::string name;
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape; ///< Empty: a scalar.
    std::span<const std::byte> bytes;

    std::int64_t count() const; ///< Product of the shape.

    /// Copies the values out. T must be the type of `dtype`; an empty result says it is not (or there are none).
    template <typename T>
    std::vector<T> values() const
    {
        static_assert(!std::is_same_v<T, bool>, "read BOOL as bytes");
        std::vector<T> result;
        if (dtypeOf<T>() != dtype)
            return result;
        result.resize(bytes.size() / sizeof(T));
        if (!result.empty())
            std::memcpy(result.data(), bytes.data(), result.size() * sizeof(T));
        return result;
    }
};

/// A safetensors file in memory. Copies share the bytes; reading from several threads is safe.
///
/// The file is data and is distrusted: the header (at most 100 MB, 50,000 tensors, 16 MB of names and metadata) is
/// parsed strictly, every size is checked for overflow, and the tensors must tile the data exactly, without overlap,
/// hole or rest. Names that occur twice are refused. Nothing larger than the file is ever allocated.
class SafetensorsFile
{
public:
    /// Fails with NotFound, Unreadable, or Invalid with the reason in words.
    static Result<SafetensorsFile> open(const std::filesystem::path &path);

    const std::vector<TensorView> &tensors() const { return m_tensors; }              ///< Sorted by name.
    const std::map<std::string, std::string> &metadata() const { return m_metadata; } ///< `__metadata__`.

    const TensorView *find(std::string_view tensorName) const; ///< Null when there is none.

    /// The named tensor's values; fails with Invalid when it is missing or has another type.
    template <typename T>
    Result<std::vector<T>> values(std::string_view tensorName) const
    {
        const TensorView *tensor = find(tensorName);
        if (!tensor || tensor->dtype != dtypeOf<T>())
            return fail(ErrorCode::Invalid, m_path.string() + ": there is no tensor \"" + std::string(tensorName) +
                                                "\" of type " + std::string(name(dtypeOf<T>())) + ".");
        return tensor->values<T>();
    }

    const std::filesystem::path &path() const { return m_path; }

private:
    std::filesystem::path m_path;
    std::shared_ptr<const std::byte[]> m_data;
    std::vector<TensorView> m_tensors;
    std::map<std::string, std::string> m_metadata;
};

/// Collects tensors and writes them as one file. Equal contents give equal bytes, in whatever order they were added.
class SafetensorsWriter
{
public:
    /// @param keepAlive  owner of the bytes; without one they must stay valid until write()
    void add(TensorView tensor, std::shared_ptr<const void> keepAlive = {});

    template <typename T>
    void add(std::string tensorName, std::vector<std::int64_t> shape, std::span<const T> values)
    {
        add(TensorView{std::move(tensorName), dtypeOf<T>(), std::move(shape), std::as_bytes(values)});
    }

    /// As above, but keeps the values itself.
    template <typename T>
    void add(std::string tensorName, std::vector<std::int64_t> shape, std::vector<T> values)
    {
        const auto owner = std::make_shared<const std::vector<T>>(std::move(values));
        add(TensorView{std::move(tensorName), dtypeOf<T>(), std::move(shape), std::as_bytes(std::span(*owner))}, owner);
    }

    void setMetadata(std::string key, std::string value);

    /// Writes beside the target, flushes to the disk, renames: the old file or the new one is there, never a part.
    /// Fails with Unreadable (not writable), NoSpace, or Invalid (a name twice, bytes that do not fit the shape).
    Result<> write(const std::filesystem::path &path) const;

private:
    struct Entry
    {
        TensorView tensor;
        std::shared_ptr<const void> keepAlive;
    };
    std::vector<Entry> m_entries;
    std::map<std::string, std::string> m_metadata;
};

} // namespace mien
