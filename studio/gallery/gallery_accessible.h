#pragma once

namespace mien {

/// Tells screen readers of the gallery's cells ("row 12, given sad, …"). Called once before the first gallery is made.
void installGalleryAccessibility();

} // namespace mien
