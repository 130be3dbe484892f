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
    enum class Kind {
        None,
        Bool,
        Integer,
        Float,
        Long,
        Text,
        Tuple,
        List,
        Dict,
        Global,
        StorageClass,
        Storage,
        Tensor,
        Array,
        ArrayType,
        Latin1,
        ForeignClass,
        Foreign
    };
    enum class Global {
        OrderedDict,
        RebuildTensor,
        RebuildParameter,
        ReconstructArray,
        ArrayClass,
        ArrayType,
        EncodeText,
        BytesClass
    };

    Kind kind = Kind::None;
    std::int64_t integer = 0; ///< Integer; Bool (0, 1); Global; StorageClass: its DType; Storage, Tensor: the tuple it
                              ///< is made from; Latin1: the Text that stands for bytes; ForeignClass: whether
                              ///< something was made of it.
    std::string text; ///< Text (as it stands there, empty beyond 64 KiB); Long: its bytes, least first; StorageClass:
                      ///< its name; ArrayType: as NumPy spells it, "<f4"; ForeignClass: its name.
    std::vector<std::size_t> items;     ///< Tuple, List; Dict: key, value, key, value, …; Array: what describes it.
    std::span<const std::byte> bytes{}; ///< Text: where it stands in the file.
};

/// Reads the pickles of a torch file (`models.md` 0.8, 7.7), one after the other, or one of NumPy arrays. Only the
/// opcodes and globals that a state dictionary needs are known, also one that Python 2 wrote, and what commonly stands
/// beside one in a checkpoint: an object of any class, such as the arguments of a training, an array of NumPy or a path
/// is read over and stays a Foreign that nobody can look into. Nothing is ever called; a class of which nothing is
/// made, and a call of anything else, are refused. A number that is no integer is read over: what depends on one is not
/// needed.
class PickleReader
{
public:
    /// What a file holds decides which globals it may name; the values of arrays stand among its texts, so that those
    /// may be as long as the file.
    enum class Content { Tensors, Arrays };

    explicit PickleReader(std::span<const std::byte> file, Content content = Content::Tensors);

    /// The next pickle's value.
    /// @throws PickleError on an unknown opcode or global, and where the pickle is malformed, cut off or too large
    std::size_t next();

    const PickleValue &operator[](std::size_t value) const { return m_values[value]; }
    std::size_t size() const { return m_values.size(); } ///< Values of all pickles so far.

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
    bool isOnTop(Kind kind) const;
    PickleValue &top(Kind kind, const char *what);
    std::vector<std::size_t> popToMark();

    void pushGlobal();
    void pushLong();
    void pushText(std::uint64_t length);
    void pushTuple(std::size_t count);
    void remember(std::uint64_t key);
    void recall(std::uint64_t key);
    void setItems(std::vector<std::size_t> items);
    void append(std::vector<std::size_t> items);
    void reduce();
    void makeDictionary(const std::vector<std::size_t> &arguments);
    void makeParameter(const std::vector<std::size_t> &arguments);
    void makeArray(const std::vector<std::size_t> &arguments);
    void makeArrayType(const std::vector<std::size_t> &arguments);
    void makeBytes(const std::vector<std::size_t> &arguments);
    void build();
    void makeForeign(std::size_t callable, bool isCall);
    void refuseUnusedClasses(std::size_t firstValue) const;

    std::span<const std::byte> m_file;
    Content m_content;
    std::size_t m_at = 0;
    std::size_t m_opcodes = 0;
    std::size_t m_copied = 0; ///< Items of dictionaries that were made of lists.
    std::vector<PickleValue> m_values;
    std::vector<std::size_t> m_stack;
    std::vector<std::size_t> m_marks;                          ///< Heights of the stack.
    std::vector<std::pair<std::uint64_t, std::size_t>> m_memo; ///< Sorted by key.
};

} // namespace mien
