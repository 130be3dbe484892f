#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>

namespace mien {

/// Calls `found` once for every two positions whose hashes differ in at most `distance` bits, the smaller one first;
/// the order of the pairs depends on the hashes alone.
///
/// Multi-index hashing: the hashes are kept in four tables, each by one quarter of their bits. If two differ in at most
/// 4 s + a bits (a < 4), then they differ in at most s bits of one of the first a + 1 quarters or in at most s - 1 bits
/// of one of the others (pigeonhole), so that only buckets so near to each other are compared. A pair that several
/// quarters show is told by the first of them.
///
/// Time grows with the square of what shares a bucket: many equal hashes are better given once.
///
/// Source: M. Norouzi, A. Punjani, D. J. Fleet, "Fast Exact Search in Hamming Space with Multi-Index Hashing", 2014.
///
/// @param distance  0 to 16; from 4 s to 4 s + 3 the time is about the same, with each s several times as long
/// @return false when `stop` ended it early
bool forEachHashPair(std::span<const std::uint64_t> hashes, int distance, const std::stop_token &stop,
                     const std::function<void(std::size_t, std::size_t)> &found);

} // namespace mien
