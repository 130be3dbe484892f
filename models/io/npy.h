#pragma once

#include "models/base/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// One array of a NumPy `.npy` file, format versions 1 to 3, as `datasets.md` 3.4 limits it: integers and
/// floats of either byte order, byte strings `|S<n>` and UCS-4 strings `<U<n>`; C or Fortran order (values are
/// always handed out in C order). Objects, records and everything else are refused: nothing is unpickled.
///
/// Text elements count as numbers when they spell one ("3", " -0.25 "), which is how AffectNet stores labels.
/// Values are immutable after reading; copies share them, so an array may be read from several threads.
class NpyArray
{
public:
    /// Fails with NotFound, Unreadable (the disk) or Invalid (not such a file: reason BAD_NPY of an import).
    /// Every message begins with the path.
    static Result<NpyArray> read(const std::filesystem::path &path);

    /// The same from bytes in memory; `name` begins the messages.
    static Result<NpyArray> parse(std::span<const std::byte> file, const std::string &name);

    const std::vector<std::int64_t> &shape() const { return m_shape; } ///< Empty for a scalar.
    std::int64_t count() const { return m_count; }                     ///< Product of the shape, 1 for a scalar.
    bool isFloat() const { return m_kind == 'f'; }
    bool isInteger() const { return m_kind == 'i' || m_kind == 'u'; }
    bool isText() const { return m_kind == 'S' || m_kind == 'U'; }
    std::string descr() const;     ///< As NumPy writes it, e.g. "<f4".
    std::string shapeText() const; ///< As NumPy writes it, e.g. "(68, 2)".
    const std::string &name() const { return m_name; }

    /// Values in C order. Fails with Invalid when a text is no number; an integer above 2^53 is rounded.
    Result<std::vector<double>> doubles() const;
    Result<std::vector<float>> floats() const;
    /// Fails with Invalid, naming the element, when a value is not a whole number in the range of int64.
    Result<std::vector<std::int64_t>> integers() const;

    /// The values where they lie, without a copy: empty unless the file holds exactly this type in this
    /// machine's byte order and C order. Valid as long as a copy of this array lives.
    std::span<const float> asFloats() const;
    std::span<const double> asDoubles() const;
    std::span<const std::int64_t> asIntegers() const;

private:
    std::string m_name;
    std::vector<std::int64_t> m_shape;
    std::int64_t m_count = 0;
    char m_kind = 'f';       // i u f S U
    std::size_t m_width = 4; // bytes of an element
    bool m_swapped = false;  // the other byte order
    bool m_fortran = false;  // and more than one axis longer than 1
    std::shared_ptr<const std::byte[]> m_bytes;

    const std::byte *element(std::int64_t index) const; // index in C order
    template <typename T>
    Result<std::vector<T>> converted() const;
    template <typename T>
    std::span<const T> inPlace(char kind) const;

    struct Header;
    static Result<Header> parseHeader(std::string_view text, const std::string &name);
    static Result<std::size_t> headerLength(std::span<const std::byte> start, std::size_t &offset,
                                            const std::string &name);
    static Result<NpyArray> fromHeader(const Header &header, std::uint64_t payload, const std::string &name);
};

/// Writes `values` as a C-ordered array of version 1, beside the target and then renamed, so a reader never sees
/// half a file. An empty `shape` stands for (values.size(),).
/// Fails with NoSpace, Unreadable or Invalid (the shape does not hold as many values).
Result<> writeNpy(const std::filesystem::path &path, std::span<const float> values,
                  const std::vector<std::int64_t> &shape = {});
Result<> writeNpy(const std::filesystem::path &path, std::span<const double> values,
                  const std::vector<std::int64_t> &shape = {});
Result<> writeNpy(const std::filesystem::path &path, std::span<const std::int64_t> values,
                  const std::vector<std::int64_t> &shape = {});
Result<> writeNpy(const std::filesystem::path &path, std::span<const std::int32_t> values,
                  const std::vector<std::int64_t> &shape = {});
Result<> writeNpy(const std::filesystem::path &path, std::span<const std::uint8_t> values,
                  const std::vector<std::int64_t> &shape = {});

} // namespace mien
