#include "models/io/pickle_reader.h"

#include "models/io/safetensors.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace mien {
namespace {

// A network of a thousand tensors needs about 30,000 opcodes. What these allow costs some 100 MB.
constexpr std::size_t kMostOpcodes = 1'000'000;
constexpr std::size_t kMostTextBytes = 64 * 1024;

// Opcodes of pickle protocol 2 and below, by their names in Python's pickletools.
enum Opcode : std::uint8_t {
    MARK = '(',
    EMPTY_TUPLE = ')',
    STOP = '.',
    BINFLOAT = 'G',
    BININT = 'J',
    BININT1 = 'K',
    BININT2 = 'M',
    NONE = 'N',
    BINPERSID = 'Q',
    REDUCE = 'R',
    BINSTRING = 'T',
    SHORT_BINSTRING = 'U',
    BINUNICODE = 'X',
    EMPTY_LIST = ']',
    APPEND = 'a',
    BUILD = 'b',
    GLOBAL = 'c',
    APPENDS = 'e',
    BINGET = 'h',
    LONG_BINGET = 'j',
    BINPUT = 'q',
    LONG_BINPUT = 'r',
    SETITEM = 's',
    TUPLE = 't',
    SETITEMS = 'u',
    EMPTY_DICT = '}',
    PROTO = 0x80,
    NEWOBJ = 0x81,
    TUPLE1 = 0x85,
    TUPLE2 = 0x86,
    TUPLE3 = 0x87,
    NEWTRUE = 0x88,
    NEWFALSE = 0x89,
    LONG1 = 0x8a,
};

[[noreturn]] void refuse(const std::string &reason)
{
    throw PickleError(reason);
}

struct StorageClass
{
    std::string_view name;
    DType dtype;
};
constexpr StorageClass kStorageClasses[] = {
    {"FloatStorage", DType::F32},  {"HalfStorage", DType::F16},  {"BFloat16Storage", DType::BF16},
    {"DoubleStorage", DType::F64}, {"LongStorage", DType::I64},  {"IntStorage", DType::I32},
    {"ByteStorage", DType::U8},    {"BoolStorage", DType::Bool},
};

/// What makes the values that stand beside weights, when it is called. Only their place is kept.
constexpr std::string_view kForeignCalls[] = {
    "numpy.core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar",
    "numpy.dtype",
    "_codecs.encode",
    "torch.device",
    "torch.Size",
    "pathlib.PosixPath",
    "pathlib.WindowsPath",
    "collections.defaultdict",
    "collections.Counter",
    "builtins.set",
    "__builtin__.set",
};
constexpr std::string_view kForeignArgument = "numpy.ndarray"; // of _reconstruct: nothing is made of it

std::string hexadecimal(std::uint8_t value)
{
    char text[8];
    std::snprintf(text, sizeof text, "0x%02x", value);
    return text;
}

/// Foreign text for a message: short, and without bytes that would garble it.
std::string shown(const std::string &text)
{
    std::string result = text.substr(0, 60);
    for (char &c : result)
        if (c < 0x20 || c > 0x7e)
            c = '?';
    return "\"" + result + "\"";
}

} // namespace

PickleReader::PickleReader(std::span<const std::byte> file, Content content)
    : m_file(file)
    , m_content(content)
{
}

std::size_t PickleReader::next()
{
    m_stack.clear();
    m_marks.clear();
    m_memo.clear();
    if (byte() != PROTO)
        refuse("there is no pickle at byte " + std::to_string(m_at - 1));
    if (const std::uint8_t protocol = byte(); protocol != 2)
        refuse("its pickle has protocol " + std::to_string(protocol) + " instead of 2");
    const std::size_t firstValue = m_values.size();
    while (step()) {
    }
    refuseUnusedClasses(firstValue);
    if (m_stack.size() != 1 || !m_marks.empty())
        refuse("a pickle ends with more or less than one value");
    return m_stack.front();
}

std::span<const std::byte> PickleReader::take(std::size_t bytes)
{
    if (bytes > m_file.size() - m_at)
        refuse("it is cut off");
    m_at += bytes;
    return m_file.subspan(m_at - bytes, bytes);
}

std::uint8_t PickleReader::byte()
{
    return std::to_integer<std::uint8_t>(take(1)[0]);
}

std::uint64_t PickleReader::littleEndian(std::size_t bytes)
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
        value |= std::uint64_t(byte()) << (8 * i);
    return value;
}

std::string PickleReader::line()
{
    std::string text;
    for (char c = char(byte()); c != '\n'; c = char(byte())) {
        if (text.size() == 200)
            refuse("a name of a global is too long");
        text.push_back(c);
    }
    return text;
}

bool PickleReader::step()
{
    if (++m_opcodes > kMostOpcodes)
        refuse("its pickles are too long");
    const std::uint8_t opcode = byte();
    switch (opcode) {
    case STOP: return false;
    case MARK: m_marks.push_back(m_stack.size()); break;
    case NONE: push({}); break;
    case NEWTRUE: push({.kind = Kind::Bool, .integer = 1}); break;
    case NEWFALSE: push({.kind = Kind::Bool}); break;
    case BININT: push({.kind = Kind::Integer, .integer = std::int32_t(littleEndian(4))}); break;
    case BININT1: push({.kind = Kind::Integer, .integer = byte()}); break;
    case BININT2: push({.kind = Kind::Integer, .integer = std::int64_t(littleEndian(2))}); break;
    case LONG1: pushLong(); break;
    case BINFLOAT:
        take(8);
        push({.kind = Kind::Float});
        break;
    case BINUNICODE:
    case BINSTRING: pushText(littleEndian(4)); break;
    case SHORT_BINSTRING: pushText(byte()); break;
    case EMPTY_TUPLE: pushTuple(0); break;
    case TUPLE1: pushTuple(1); break;
    case TUPLE2: pushTuple(2); break;
    case TUPLE3: pushTuple(3); break;
    case TUPLE: push({.kind = Kind::Tuple, .items = popToMark()}); break;
    case EMPTY_LIST: push({.kind = Kind::List}); break;
    case EMPTY_DICT: push({.kind = Kind::Dict}); break;
    case APPEND: append({pop()}); break;
    case APPENDS: append(popToMark()); break;
    case SETITEM: {
        const std::size_t value = pop(), key = pop();
        setItems({key, value});
        break;
    }
    case SETITEMS: setItems(popToMark()); break;
    case GLOBAL: pushGlobal(); break;
    case REDUCE: reduce(); break;
    case NEWOBJ: {
        pop(); // arguments
        makeForeign(pop(), /*isCall=*/false);
        break;
    }
    case BINPERSID: {
        const std::size_t id = pop();
        if (m_values[id].kind != Kind::Tuple)
            refuse("a persistent id is no tuple");
        push({.kind = Kind::Storage, .integer = std::int64_t(id)});
        break;
    }
    case BUILD: build(); break;
    case BINPUT: remember(byte()); break;
    case LONG_BINPUT: remember(littleEndian(4)); break;
    case BINGET: recall(byte()); break;
    case LONG_BINGET: recall(littleEndian(4)); break;
    default: refuse("it uses the pickle opcode " + hexadecimal(opcode) + ", which a state dictionary does not need");
    }
    return true;
}

void PickleReader::push(PickleValue value)
{
    m_values.push_back(std::move(value));
    m_stack.push_back(m_values.size() - 1);
}

std::size_t PickleReader::pop()
{
    if (m_stack.size() <= (m_marks.empty() ? 0 : m_marks.back()))
        refuse("its pickle takes a value where there is none");
    const std::size_t value = m_stack.back();
    m_stack.pop_back();
    return value;
}

PickleValue &PickleReader::top(Kind kind, const char *what)
{
    if (!isOnTop(kind))
        refuse("its pickle is malformed where " + std::string(what));
    return m_values[m_stack.back()];
}

std::vector<std::size_t> PickleReader::popToMark()
{
    if (m_marks.empty())
        refuse("its pickle takes values up to a mark where there is none");
    const auto first = m_stack.begin() + std::ptrdiff_t(m_marks.back());
    std::vector<std::size_t> items(first, m_stack.end());
    m_stack.erase(first, m_stack.end());
    m_marks.pop_back();
    return items;
}

void PickleReader::pushTuple(std::size_t count)
{
    std::vector<std::size_t> items(count);
    for (std::size_t i = count; i > 0; --i)
        items[i - 1] = pop();
    push({.kind = Kind::Tuple, .items = std::move(items)});
}

void PickleReader::pushLong()
{
    const auto bytes = take(byte());
    if (bytes.size() > 8) { // only the magic number is as long
        push({.kind = Kind::Long, .text = {reinterpret_cast<const char *>(bytes.data()), bytes.size()}});
        return;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    const bool isNegative = !bytes.empty() && std::to_integer<int>(bytes.back()) >= 0x80;
    if (isNegative && bytes.size() < 8)
        value |= ~std::uint64_t(0) << (8 * bytes.size());
    push({.kind = Kind::Integer, .integer = std::int64_t(value)});
}

void PickleReader::pushText(std::uint64_t length)
{
    const bool isLong = length > kMostTextBytes;
    if (isLong && m_content != Content::Arrays)
        refuse("a text is longer than 64 KiB");
    const auto bytes = take(length);
    PickleValue value{.kind = Kind::Text, .bytes = bytes};
    if (!isLong)
        value.text.assign(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    push(std::move(value));
}

void PickleReader::pushGlobal()
{
    const std::string module = line(), name = line();
    const auto pushed = [&](PickleValue::Global global) {
        push({.kind = Kind::Global, .integer = std::int64_t(global)});
    };
    if (module == "collections" && name == "OrderedDict")
        return pushed(PickleValue::Global::OrderedDict);
    if (m_content == Content::Arrays) {
        if ((module == "numpy.core.multiarray" || module == "numpy._core.multiarray") && name == "_reconstruct")
            return pushed(PickleValue::Global::ReconstructArray);
        if (module == "numpy" && name == "ndarray")
            return pushed(PickleValue::Global::ArrayClass);
        if (module == "numpy" && name == "dtype")
            return pushed(PickleValue::Global::ArrayType);
        if (module == "_codecs" && name == "encode")
            return pushed(PickleValue::Global::EncodeText);
        if (module == "__builtin__" && name == "bytes") // of nothing
            return pushed(PickleValue::Global::BytesClass);
        refuse("it names the global " + shown(module + "." + name) + ", which is not allowed");
    }
    if (module == "torch._utils" && name == "_rebuild_tensor_v2")
        return pushed(PickleValue::Global::RebuildTensor);
    if (module == "torch._utils" && name == "_rebuild_parameter")
        return pushed(PickleValue::Global::RebuildParameter);
    if (module == "torch")
        for (const StorageClass &known : kStorageClasses)
            if (name == known.name)
                return push(
                    {.kind = Kind::StorageClass, .integer = std::int64_t(known.dtype), .text = "torch." + name});
    const std::string whole = module + "." + name;
    push({.kind = Kind::ForeignClass, .integer = whole == kForeignArgument, .text = whole});
}

/// An object of a class, or what a call gives: its place is kept, nothing of what is in it.
void PickleReader::makeForeign(std::size_t callable, bool isCall)
{
    if (m_values[callable].kind != Kind::ForeignClass)
        refuse("its pickle makes an object of something that is no class");
    PickleValue &made = m_values[callable];
    if (isCall && std::find(std::begin(kForeignCalls), std::end(kForeignCalls), made.text) == std::end(kForeignCalls))
        refuse("it calls the global " + shown(made.text) + ", which is not allowed");
    made.integer = 1;
    push({.kind = Kind::Foreign});
}

void PickleReader::refuseUnusedClasses(std::size_t firstValue) const
{
    for (std::size_t i = firstValue; i < m_values.size(); ++i)
        if (m_values[i].kind == Kind::ForeignClass && m_values[i].integer == 0)
            refuse("it names the global " + shown(m_values[i].text) + ", which is not allowed");
}

bool PickleReader::isOnTop(Kind kind) const
{
    return m_stack.size() > (m_marks.empty() ? 0 : m_marks.back()) && m_values[m_stack.back()].kind == kind;
}

void PickleReader::remember(std::uint64_t key)
{
    const std::size_t value = pop();
    m_stack.push_back(value);
    if (m_memo.empty() || m_memo.back().first < key) { // as it is written: counting up
        m_memo.emplace_back(key, value);
        return;
    }
    const auto found = std::lower_bound(m_memo.begin(), m_memo.end(), std::pair(key, std::size_t(0)));
    if (found == m_memo.end() || found->first != key)
        refuse("its pickle numbers its values out of order");
    found->second = value;
}

void PickleReader::recall(std::uint64_t key)
{
    const auto found = std::lower_bound(m_memo.begin(), m_memo.end(), std::pair(key, std::size_t(0)));
    if (found == m_memo.end() || found->first != key)
        refuse("its pickle recalls a value that it has not stored");
    m_stack.push_back(found->second);
}

void PickleReader::setItems(std::vector<std::size_t> items)
{
    if (items.size() % 2 != 0)
        refuse("a key of a dictionary has no value");
    for (std::size_t i = 0; i < items.size(); i += 2)
        if (m_values[items[i]].kind != Kind::Text && m_values[items[i]].kind != Kind::Integer)
            refuse("a key of a dictionary is neither text nor number");
    if (isOnTop(Kind::Foreign))
        return;
    PickleValue &dictionary = top(Kind::Dict, "items are set");
    dictionary.items.insert(dictionary.items.end(), items.begin(), items.end());
}

void PickleReader::append(std::vector<std::size_t> items)
{
    if (isOnTop(Kind::Foreign))
        return;
    PickleValue &list = top(Kind::List, "items are appended");
    list.items.insert(list.items.end(), items.begin(), items.end());
}

void PickleReader::reduce()
{
    const std::size_t arguments = pop(), callable = pop();
    if (m_values[callable].kind == Kind::StorageClass)
        refuse("its pickle calls " + m_values[callable].text);
    if (m_values[callable].kind == Kind::ForeignClass)
        return makeForeign(callable, /*isCall=*/true);
    if (m_values[callable].kind != Kind::Global || m_values[arguments].kind != Kind::Tuple)
        refuse("its pickle calls something that is no global");
    switch (PickleValue::Global(m_values[callable].integer)) {
    case PickleValue::Global::OrderedDict: makeDictionary(m_values[arguments].items); return;
    case PickleValue::Global::RebuildTensor: push({.kind = Kind::Tensor, .integer = std::int64_t(arguments)}); return;
    case PickleValue::Global::RebuildParameter: makeParameter(m_values[arguments].items); return;
    case PickleValue::Global::ReconstructArray: makeArray(m_values[arguments].items); return;
    case PickleValue::Global::ArrayType: makeArrayType(m_values[arguments].items); return;
    case PickleValue::Global::EncodeText: makeBytes(m_values[arguments].items); return;
    case PickleValue::Global::BytesClass:
        if (!m_values[arguments].items.empty())
            refuse("bytes are made from something else than text");
        push({.kind = Kind::Text});
        return;
    case PickleValue::Global::ArrayClass: refuse("its pickle calls numpy.ndarray");
    }
}

/// Attributes: of a dictionary, such as versions of modules, not used; what an array or the type of one is.
void PickleReader::build()
{
    const std::size_t state = pop();
    if (isOnTop(Kind::Foreign))
        return;
    if (m_content == Content::Tensors || m_stack.empty() || m_values[m_stack.back()].kind == Kind::Dict) {
        top(Kind::Dict, "attributes are set");
        return;
    }
    if (m_values[state].kind != Kind::Tuple)
        refuse("its pickle is malformed where attributes are set");
    const auto &items = m_values[state].items;
    if (m_values[m_stack.back()].kind == Kind::Array) {
        PickleValue &array = top(Kind::Array, "an array is described");
        if (!array.items.empty())
            refuse("an array is described twice");
        if (items.size() != 5) // (version, shape, type, order of the axes, values)
            refuse("an array is not described as NumPy does");
        array.items = items;
        return;
    }
    PickleValue &type = top(Kind::ArrayType, "attributes are set"); // (3, byte order, fields, …)
    if (items.size() < 2 || m_values[items[1]].kind != Kind::Text || m_values[items[1]].text.size() != 1)
        refuse("the type of an array is not described as NumPy does");
    type.text[0] = m_values[items[1]].text[0];
}

/// Of nothing, or as Python 2 wrote it of a list of pairs.
void PickleReader::makeDictionary(const std::vector<std::size_t> &arguments)
{
    std::vector<std::size_t> items;
    if (!arguments.empty()) {
        const PickleValue &pairs = m_values[arguments.front()];
        if (arguments.size() != 1 || pairs.kind != Kind::List)
            refuse("an OrderedDict is made from something else than a list");
        for (const std::size_t index : pairs.items) {
            const PickleValue &pair = m_values[index];
            if ((pair.kind != Kind::List && pair.kind != Kind::Tuple) || pair.items.size() != 2)
                refuse("an OrderedDict is made from a list of something else than pairs");
            items.insert(items.end(), pair.items.begin(), pair.items.end());
            if (++m_copied > kMostOpcodes)
                refuse("its pickles are too long");
        }
    }
    push({.kind = Kind::Dict});
    setItems(std::move(items));
}

/// (tensor, requires_grad, hooks): the tensor.
void PickleReader::makeParameter(const std::vector<std::size_t> &arguments)
{
    if (arguments.size() != 3 || m_values[arguments.front()].kind != Kind::Tensor)
        refuse("a parameter is made from something else than a tensor");
    push({.kind = Kind::Tensor, .integer = m_values[arguments.front()].integer});
}

/// (class, shape, type), both of nothing: what the array is comes behind it.
void PickleReader::makeArray(const std::vector<std::size_t> &arguments)
{
    if (arguments.size() != 3 || m_values[arguments.front()].kind != Kind::Global ||
        PickleValue::Global(m_values[arguments.front()].integer) != PickleValue::Global::ArrayClass)
        refuse("an array is made from something else than numpy.ndarray");
    push({.kind = Kind::Array});
}

/// ("f4", …): its byte order comes behind it.
void PickleReader::makeArrayType(const std::vector<std::size_t> &arguments)
{
    if (arguments.empty() || m_values[arguments.front()].kind != Kind::Text ||
        m_values[arguments.front()].text.size() > 16)
        refuse("the type of an array is not described as NumPy does");
    push({.kind = Kind::ArrayType, .text = "|" + m_values[arguments.front()].text});
}

/// ("…", "latin1"): bytes, as Python 3 writes them.
void PickleReader::makeBytes(const std::vector<std::size_t> &arguments)
{
    if (arguments.size() != 2 || m_values[arguments[0]].kind != Kind::Text || m_values[arguments[1]].text != "latin1")
        refuse("bytes are made from something else than text");
    push({.kind = Kind::Latin1, .integer = std::int64_t(arguments[0])});
}

} // namespace mien
