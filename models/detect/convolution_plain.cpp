#include "models/detect/convolution_rows.h"

#include <cstddef>
#include <initializer_list>

#include "models/detect/convolution_kernel.h"

namespace mien {

void convolveRowPlain(const ConvolutionRow &row)
{
    convolveRow<4, 2, 12>(row);
}

} // namespace mien
