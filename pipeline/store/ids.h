#pragma once

#include "models/base/id.h"

namespace mien {

using SampleId = Id<struct SampleTag>;
using MediaId = Id<struct MediaTag>;
using ImportId = Id<struct ImportTag>;
using AnnotatorId = Id<struct AnnotatorTag>;
using EditId = Id<struct EditTag>;
using ClassId = Id<struct ClassTag>; ///< Row of `classes`: canonical classes have fixed ids, see ontology.h.
using CropId = Id<struct CropTag>;

} // namespace mien
