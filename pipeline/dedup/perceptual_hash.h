#pragma once

#include "pipeline/imaging/imaging.h"

#include <cstdint>

namespace mien {

/// What a picture looks like in 64 bits: copies that were rescaled, encoded again or made a little brighter differ in
/// few bits, different pictures in about half of them.
///
/// The picture is averaged to 32 x 32 grey cells; of their cosine transform (DCT-II) the 8 x 8 lowest frequencies are
/// kept, rows from the top. Bit 8 v + u says whether frequency (u, v) is above the median of all but the mean
/// brightness (0, 0), whose bit is 0. So 31 bits are set unless frequencies are equal, and distances are mostly even.
/// 0, which no other picture gets: there is nothing to be seen (a blank page), so the hash tells nothing.
///
/// Source: C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010 (DCT based hash).
///
/// @param picture  upright and not empty
std::uint64_t perceptualHash(const Picture &picture);

/// Bits in which two hashes differ.
int hashDistance(std::uint64_t a, std::uint64_t b);

} // namespace mien
