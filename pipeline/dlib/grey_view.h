#pragma once

#include "pipeline/dlib/dlib_headers.h"
#include "pipeline/imaging/imaging.h"

/// A grey picture as an image of dlib's, without a copy. What follows is dlib's "generic image" interface.
namespace mien {

struct GreyView
{
    const Picture *picture; ///< 1 channel
};

inline long num_rows(const GreyView &view)
{
    return view.picture->heightPx;
}

inline long num_columns(const GreyView &view)
{
    return view.picture->widthPx;
}

inline const void *image_data(const GreyView &view)
{
    return view.picture->pixels.data();
}

inline long width_step(const GreyView &view)
{
    return view.picture->widthPx;
}

} // namespace mien

namespace dlib {

template <>
struct image_traits<mien::GreyView>
{
    typedef unsigned char pixel_type;
};

} // namespace dlib
