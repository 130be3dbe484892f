#pragma once

#include "models/io/pickle_reader.h"
#include "models/io/safetensors.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace mien {

/// The tensors of a state dictionary that a PyTorch file holds, in its own types, row-major whatever their strides
/// were.
struct TorchState
{
    std::vector<TensorView> tensors;   ///< In the order of the file, names unique and as they stand there.
    std::vector<std::string> skipped;  ///< Entries of the dictionary that are no tensors.
    std::vector<std::string> beside;   ///< Entries of the dictionaries around it: "epoch", "optimizer", …
    std::shared_ptr<const void> owner; ///< Of the bytes, together with what was read.
};

/// What a pickle says of a tensor; its values lie elsewhere.
struct TensorDescription
{
    std::string name;
    DType dtype = DType::F32;
    std::string storage;                      ///< Its key.
    std::uint64_t offset = 0;                 ///< In values.
    std::vector<std::int64_t> shape, strides; ///< As many of one as of the other.
    std::uint64_t count = 1;                  ///< Product of the shape.
};

/// What a pickle says of a storage: a row of values that tensors are parts of.
struct StorageDescription
{
    DType dtype = DType::F32;
    std::uint64_t values = 0;
};

struct StateDescription
{
    std::vector<TensorDescription> tensors;
    std::vector<std::string> skipped, beside;
    std::map<std::string, StorageDescription, std::less<>> storages; ///< By key; also those of no tensor in `tensors`.
};

/// What the value `root` of a pickle describes: a state dictionary, or one under `state_dict`, `model_state_dict` or
/// `model` of a dictionary around it. Every tensor lies within its storage and has no more values than it.
/// @throws PickleError
StateDescription describedState(const PickleReader &pickle, std::size_t root);

/// Bytes of each storage; as many as its description says.
using StorageBytes = std::map<std::string, std::span<const std::byte>, std::less<>>;

/// The tensors' values: where they lie in their storage if they lie there in order, else copied out. All together they
/// have at most four times the bytes of the storages.
/// @param file  owner of the storages' bytes, or null where the caller keeps them
/// @throws PickleError
TorchState withValues(StateDescription description, const StorageBytes &storages, std::shared_ptr<const void> file);

/// What a key of a pickled dictionary is called.
std::string pickledName(const PickleReader &pickle, std::size_t key);

/// Whether a further tensor can bear the name.
/// @param names  those before it; the name is added
/// @throws PickleError where it is none, known already, too long or no UTF-8, and where there are too many tensors
void checkTensorName(const std::string &name, std::set<std::string> &names, const StateDescription &state);

/// Foreign text for a message: short, and without bytes that would garble it.
std::string quotedForeign(const std::string &text);

} // namespace mien
