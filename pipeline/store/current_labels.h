#pragma once

#include "pipeline/store/ids.h"

#include <cstdint>
#include <span>
#include <string>

namespace SQLite {
class Database;
}

namespace mien {

/// Derivation of the tables `current_labels` and `current_tags` from the facts whose edits are not withdrawn.
/// Label: adjudicated > latest person > given; an exclusion hides the label. Flag: the latest verdict on a flagged
/// sample, else open. Tags, split, exclusion: the latest fact, else what was given. Samples of a removed import have no
/// rows: that is what keeps them out of every list, count, pack and export.
///
/// All of these throw SQLite::Exception and want to run inside a transaction.

/// Refreshes the rows of every sample that `edit` has a fact about, from what they were: to be called once whenever the
/// edit came to count or ceased to. Takes as long for samples with a long history as for those without.
void refreshCurrentOfEdit(SQLite::Database &database, EditId edit);
/// From all facts, as those below.
void refreshCurrentOf(SQLite::Database &database, std::span<const SampleId> samples);
/// The samples of an import that was removed or restored.
void refreshCurrentOfImport(SQLite::Database &database, ImportId import);
/// Every sample: after scores, predictions or an import changed.
void refreshCurrentOfAll(SQLite::Database &database);

/// Makes temp.wrong_current(sample_id) of samples whose derived rows are not what the facts say; returns how many.
std::int64_t findWrongCurrent(SQLite::Database &database);

} // namespace mien
