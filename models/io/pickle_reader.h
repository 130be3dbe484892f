#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace mien {

/// What is wrong with a pickle, as a clause without file name.
struct PickleError : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

/// A value of a pickle. Values that hold others hold their indices, so that one which contains itself is no danger as
/// long as nobody follows it to its end.
struct PickleValue
{
    enum class Kind { None, Bool, Integer, Long, Text, Tuple, List, Dict, Global, Storage, Tensor };
    enum class Global { OrderedDict, RebuildTensor, FloatStorage };

    Kind kind = Kind::None;
    std::int64_t integer = 0;       ///< Integer; Bool (0, 1); Global; Storage, Tensor: the tuple it is made from.
    std::string text;               ///< Text (UTF-8 as it stands there); Long: its bytes, least first.
    std::vector<std::size_t> items; ///< Tuple, List; Dict: key, value, key, value, …
};

/// Reads the pickles of a legacy torch file (`models.md` 7.7), one after the other. Only the opcodes and globals that a
/// state dictionary needs are known; nothing is ever called.
class PickleReader
{
public:
    explicit PickleReader(std::span<const std::byte> file);

    /// The next pickle's value.
    /// @throws PickleError on an unknown opcode or global, and where the pickle is malformed, cut off or too large
    std::size_t next();

    const PickleValue &operator[](std::size_t value) const { return m_values[value]; }

    std::size_t at() const { return m_at; } ///< Bytes read so far.

private:
    using Kind = PickleValue::Kind;

    std::uint8_t byte();
    std::uint64_t littleEndian(std::size_t bytes);
    std::span<const std::byte> take(std::size_t bytes);
    std::string line();

    bool step();
    void push(PickleValue value);
    std::size_t pop();
    PickleValue &top(Kind kind, const char *what);
    std::vector<std::size_t> popToMark();

    void pushGlobal();
    void pushLong();
    void pushTuple(std::size_t count);
    void remember(std::uint64_t key);
    void recall(std::uint64_t key);
    void setItems(std::vector<std::size_t> items);
    void append(std::vector<std::size_t> items);
    void reduce();

    std::span<const std::byte> m_file;
    std::size_t m_at = 0;
    std::size_t m_opcodes = 0;
    std::vector<PickleValue> m_values;
    std::vector<std::size_t> m_stack;
    std::vector<std::size_t> m_marks;                          ///< Heights of the stack.
    std::vector<std::pair<std::uint64_t, std::size_t>> m_memo; ///< Sorted by key.
};

} // namespace mien
