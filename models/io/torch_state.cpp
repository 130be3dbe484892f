#include "models/io/torch_state.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <set>
#include <string_view>

namespace mien {
namespace {

constexpr std::size_t kMostRank = 16;
constexpr std::size_t kLongestKey = 256; // PyTorch writes a number or an address
constexpr std::size_t kLongestName = 1024;
constexpr std::size_t kMostTensors = 50'000;  // as many as a safetensors file may have
constexpr std::uint64_t kMostTimesStored = 4; // weights may be shared by tensors
constexpr int kDeepestWrapper = 4;
constexpr std::string_view kWrappers[] = {"state_dict", "model_state_dict", "model"};

using Kind = PickleValue::Kind;

[[noreturn]] void refuse(const std::string &reason)
{
    throw PickleError(reason);
}

bool isUtf8(const std::string &text)
{
    try {
        (void)nlohmann::json(text).dump();
        return true;
    } catch (const nlohmann::json::type_error &) {
        return false;
    }
}

/// Reads the description of a state dictionary out of a pickle's values.
class StateReader
{
public:
    explicit StateReader(const PickleReader &pickle)
        : m_pickle(pickle)
    {
    }

    StateDescription read(std::size_t root)
    {
        StateDescription state;
        for (std::size_t i = 0; i < m_pickle.size(); ++i)
            if (m_pickle[i].kind == Kind::Storage)
                noteStorage(state, m_pickle[std::size_t(m_pickle[i].integer)].items);
        std::size_t dictionary = root;
        value(dictionary, Kind::Dict, "what it holds");
        for (int depth = 0; depth < kDeepestWrapper; ++depth)
            if (!opened(dictionary, state))
                break;
        readTensors(dictionary, state);
        if (state.tensors.empty())
            refuse("it holds no state dictionary" + entriesOf(dictionary));
        return state;
    }

private:
    const PickleValue &value(std::size_t index, Kind kind, const std::string &what) const
    {
        if (m_pickle[index].kind != kind)
            refuse(what + " is not of the expected type");
        return m_pickle[index];
    }

    std::uint64_t notNegative(std::size_t index, const std::string &what) const
    {
        const std::int64_t number = value(index, Kind::Integer, what).integer;
        if (number < 0)
            refuse(what + " is negative");
        return std::uint64_t(number);
    }

    std::vector<std::int64_t> sides(std::size_t index, const std::string &what) const
    {
        std::vector<std::int64_t> result;
        const auto &items = value(index, Kind::Tuple, what).items;
        if (items.size() > kMostRank)
            refuse(what + " has more than " + std::to_string(kMostRank) + " dimensions");
        for (const std::size_t item : items)
            result.push_back(std::int64_t(notNegative(item, what)));
        return result;
    }

    /// The tuple that a storage or tensor is made from.
    const std::vector<std::size_t> &madeFrom(std::size_t index, Kind kind, const std::string &what) const
    {
        return m_pickle[std::size_t(value(index, kind, what).integer)].items;
    }

    std::string nameOf(std::size_t key) const { return pickledName(m_pickle, key); }

    /// ('storage', class, key, place, number of values[, None])
    const std::string &storageKey(const std::vector<std::size_t> &id) const
    {
        if ((id.size() != 5 && id.size() != 6) || value(id[0], Kind::Text, "a persistent id").text != "storage")
            refuse("a storage is not described as expected");
        const std::string &key = value(id[2], Kind::Text, "a storage's key").text;
        if (key.size() > kLongestKey)
            refuse("a storage's key is too long");
        return key;
    }

    void noteStorage(StateDescription &state, const std::vector<std::size_t> &id) const
    {
        const std::string &key = storageKey(id);
        const std::string what = "the storage " + quotedForeign(key);
        const StorageDescription storage{DType(value(id[1], Kind::StorageClass, "the class of " + what).integer),
                                         notNegative(id[4], "the number of values of " + what)};
        value(id[3], Kind::Text, "the place of " + what);
        if (id.size() == 6)
            value(id[5], Kind::None, "the view of " + what);
        const auto [at, isNew] = state.storages.emplace(key, storage);
        if (!isNew && (at->second.dtype != storage.dtype || at->second.values != storage.values))
            refuse("two tensors disagree about the size or type of " + what);
    }

    /// Goes into the dictionary that holds the weights, if this one is around it.
    bool opened(std::size_t &dictionary, StateDescription &state) const
    {
        const auto &items = m_pickle[dictionary].items;
        for (const std::string_view wrapper : kWrappers)
            for (std::size_t i = 0; i < items.size(); i += 2) {
                if (m_pickle[items[i]].text != wrapper || m_pickle[items[i + 1]].kind != Kind::Dict)
                    continue;
                for (std::size_t other = 0; other < items.size(); other += 2)
                    if (other != i)
                        state.beside.push_back(nameOf(items[other]));
                dictionary = items[i + 1];
                return true;
            }
        return false;
    }

    void readTensors(std::size_t dictionary, StateDescription &state) const
    {
        const auto &items = m_pickle[dictionary].items;
        std::set<std::string> names;
        for (std::size_t i = 0; i < items.size(); i += 2) {
            std::string name = nameOf(items[i]);
            if (m_pickle[items[i + 1]].kind != Kind::Tensor) {
                state.skipped.push_back(std::move(name));
                continue;
            }
            const std::string what = "the tensor " + quotedForeign(name);
            checkTensorName(name, names, state);
            state.tensors.push_back(description(std::move(name), items[i + 1], what, state));
        }
    }

    /// (storage, offset, size, stride, requires_grad, hooks)
    TensorDescription description(std::string name, std::size_t index, const std::string &what,
                                  const StateDescription &state) const
    {
        const auto &made = madeFrom(index, Kind::Tensor, what);
        if (made.size() != 6)
            refuse(what + " is made from " + std::to_string(made.size()) + " values instead of 6");
        TensorDescription tensor;
        tensor.name = std::move(name);
        tensor.storage = storageKey(madeFrom(made[0], Kind::Storage, "the storage of " + what));
        const StorageDescription &storage = state.storages.at(tensor.storage);
        tensor.dtype = storage.dtype;
        tensor.offset = notNegative(made[1], "the offset of " + what);
        tensor.shape = sides(made[2], "the size of " + what);
        tensor.strides = sides(made[3], "the stride of " + what);
        value(made[4], Kind::Bool, "requires_grad of " + what);
        value(made[5], Kind::Dict, "the list of hooks of " + what);
        checkReach(tensor, storage.values, what);
        return tensor;
    }

    /// Counts the values, and makes sure that the last one still lies in the storage.
    static void checkReach(TensorDescription &tensor, std::uint64_t storageValues, const std::string &what)
    {
        if (tensor.shape.size() != tensor.strides.size())
            refuse("size and stride of " + what + " differ in length");
        if (std::find(tensor.shape.begin(), tensor.shape.end(), 0) != tensor.shape.end()) {
            tensor.count = 0;
            return;
        }
        std::uint64_t last = tensor.offset;
        for (std::size_t axis = 0; axis < tensor.shape.size(); ++axis) {
            const auto side = std::uint64_t(tensor.shape[axis]);
            std::uint64_t reach = 0;
            if (__builtin_mul_overflow(side - 1, std::uint64_t(tensor.strides[axis]), &reach) ||
                __builtin_add_overflow(last, reach, &last) || __builtin_mul_overflow(tensor.count, side, &tensor.count))
                refuse(what + " is too large");
        }
        if (last >= storageValues)
            refuse(what + " reaches outside its storage");
        if (tensor.count > storageValues)
            refuse(what + " has more values than its storage");
    }

    std::string entriesOf(std::size_t dictionary) const
    {
        const auto &items = m_pickle[dictionary].items;
        std::string names;
        for (std::size_t i = 0; i < items.size() && i < 10; i += 2)
            names += (i ? ", " : ", but ") + quotedForeign(nameOf(items[i]));
        return names;
    }

    const PickleReader &m_pickle;
};

bool isInOrder(const TensorDescription &tensor)
{
    std::int64_t expected = 1;
    for (std::size_t axis = tensor.shape.size(); axis-- > 0;) {
        if (tensor.shape[axis] != 1 && tensor.strides[axis] != expected)
            return false;
        expected *= tensor.shape[axis];
    }
    return true;
}

void copyOut(const TensorDescription &tensor, std::span<const std::byte> storage, std::byte *values)
{
    const std::size_t width = byteSize(tensor.dtype);
    std::vector<std::int64_t> index(tensor.shape.size(), 0);
    std::uint64_t from = tensor.offset;
    for (std::uint64_t i = 0; i < tensor.count; ++i) {
        std::memcpy(values + i * width, storage.data() + from * width, width);
        for (std::size_t axis = index.size(); axis-- > 0;) { // to the next one in row-major order
            from += std::uint64_t(tensor.strides[axis]);
            if (++index[axis] < tensor.shape[axis])
                break;
            from -= std::uint64_t(tensor.strides[axis]) * std::uint64_t(tensor.shape[axis]);
            index[axis] = 0;
        }
    }
}

struct Owner
{
    std::shared_ptr<const void> file;
    std::vector<std::unique_ptr<std::byte[]>> copies;
};

} // namespace

std::string pickledName(const PickleReader &pickle, std::size_t key)
{
    const PickleValue &name = pickle[key];
    return name.kind == Kind::Text ? name.text : std::to_string(name.integer);
}

void checkTensorName(const std::string &name, std::set<std::string> &names, const StateDescription &state)
{
    const std::string what = "the tensor " + quotedForeign(name);
    if (name.empty() || !names.insert(name).second)
        refuse(what + " occurs twice or has no name");
    if (name.size() > kLongestName || !isUtf8(name))
        refuse("the name of " + what + " is too long or no UTF-8");
    if (state.tensors.size() == kMostTensors)
        refuse("it holds more than 50,000 tensors");
}

StateDescription describedState(const PickleReader &pickle, std::size_t root)
{
    return StateReader(pickle).read(root);
}

TorchState withValues(StateDescription description, const StorageBytes &storages, std::shared_ptr<const void> file)
{
    std::uint64_t stored = 0, wanted = 0; // a tensor is at most its storage, their number is limited: no overflow
    for (const auto &[key, bytes] : storages)
        stored += bytes.size();
    for (const TensorDescription &tensor : description.tensors)
        wanted += tensor.count * byteSize(tensor.dtype);
    if (wanted > kMostTimesStored * stored)
        refuse("its tensors have more than four times the values that it holds");

    const auto owner = std::make_shared<Owner>(Owner{std::move(file), {}});
    TorchState state{{}, std::move(description.skipped), std::move(description.beside), owner};
    state.tensors.reserve(description.tensors.size());
    for (TensorDescription &tensor : description.tensors) {
        const auto storage = storages.at(tensor.storage);
        const std::size_t width = byteSize(tensor.dtype);
        std::span<const std::byte> bytes;
        if (tensor.count > 0 && isInOrder(tensor)) {
            bytes = storage.subspan(tensor.offset * width, tensor.count * width);
        } else if (tensor.count > 0) {
            auto &copy = owner->copies.emplace_back(std::make_unique_for_overwrite<std::byte[]>(tensor.count * width));
            copyOut(tensor, storage, copy.get());
            bytes = {copy.get(), tensor.count * width};
        }
        state.tensors.push_back({std::move(tensor.name), tensor.dtype, std::move(tensor.shape), bytes});
    }
    return state;
}

std::string quotedForeign(const std::string &text)
{
    std::string result = text.substr(0, 60);
    for (char &c : result)
        if (c < 0x20 || c > 0x7e)
            c = '?';
    return "\"" + result + "\"";
}

} // namespace mien
