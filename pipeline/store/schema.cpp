#include "pipeline/store/schema.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/connection.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace mien {
namespace {

// Enumerations are stored as the numbers of their C++ types (LabelState, Split, FlagState, VerdictCode).
// What a person may take back carries edit_id; a fact counts while its edit is not withdrawn.
// Tables named current_* are derived: Project::edit refreshes them, doctor recomputes them.
constexpr std::string_view version1 = R"sql(
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE classes (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    display TEXT NOT NULL,
    code TEXT NOT NULL,
    space TEXT NOT NULL,
    position INTEGER NOT NULL
) STRICT;

-- Where media lie. Moving a drive is one row. Paths are bytes as the system gave them.
CREATE TABLE roots (
    id INTEGER PRIMARY KEY,
    in_project INTEGER NOT NULL DEFAULT 0,
    path BLOB NOT NULL,
    UNIQUE (in_project, path)
) STRICT;

-- An imported data set: importer and place. Importing it again finds this row.
CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    importer TEXT NOT NULL,
    variant TEXT NOT NULL,
    dataset TEXT NOT NULL,
    root_id INTEGER NOT NULL REFERENCES roots (id),
    UNIQUE (importer, root_id)
) STRICT;

CREATE TABLE imports (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    folder TEXT NOT NULL,
    started_at_ms INTEGER NOT NULL,
    finished_at_ms INTEGER,
    removed_at_ms INTEGER      -- in the bin (bin.h): its samples count nowhere
) STRICT;

CREATE TABLE subjects (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    name TEXT NOT NULL,
    UNIQUE (name, source_id)
) STRICT;

CREATE TABLE sequences (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    name TEXT NOT NULL,
    UNIQUE (name, source_id)
) STRICT;

CREATE TABLE media (
    id INTEGER PRIMARY KEY,
    root_id INTEGER NOT NULL REFERENCES roots (id),
    path BLOB NOT NULL,
    kind TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    hash BLOB,
    width INTEGER NOT NULL DEFAULT 0,
    height INTEGER NOT NULL DEFAULT 0,
    orientation INTEGER NOT NULL DEFAULT 1,
    subject_id INTEGER REFERENCES subjects (id),
    UNIQUE (root_id, path)
) STRICT;

CREATE TABLE crops (
    id INTEGER PRIMARY KEY,
    segment INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    size INTEGER NOT NULL,
    codec TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    channels INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

-- Given facts. Labelling never changes them; only importing the same source again does.
CREATE TABLE samples (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    source_key TEXT NOT NULL,
    source TEXT NOT NULL,
    import_id INTEGER NOT NULL REFERENCES imports (id),
    media_id INTEGER NOT NULL REFERENCES media (id),
    time_us INTEGER,
    crop_id INTEGER REFERENCES crops (id),
    box_x REAL, box_y REAL, box_width REAL, box_height REAL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    pixel_hash BLOB,
    native_label TEXT NOT NULL,
    native_space TEXT NOT NULL,
    given_class INTEGER REFERENCES classes (id),
    given_state INTEGER NOT NULL,
    given_split INTEGER NOT NULL,
    native_split TEXT NOT NULL,
    fold INTEGER,
    valence REAL,
    arousal REAL,
    subject_id INTEGER REFERENCES subjects (id),
    sequence_id INTEGER REFERENCES sequences (id),
    origin TEXT NOT NULL,
    quality_flags TEXT NOT NULL DEFAULT '',
    UNIQUE (source_id, source_key)
) STRICT;
CREATE INDEX samples_by_subject ON samples (subject_id) WHERE subject_id IS NOT NULL;
CREATE INDEX samples_by_sequence ON samples (sequence_id) WHERE sequence_id IS NOT NULL;

-- Pixel-identical samples; a group is named by its smallest sample id.
CREATE TABLE duplicates (
    sample_id INTEGER PRIMARY KEY REFERENCES samples (id) ON DELETE CASCADE,
    group_id INTEGER NOT NULL,
    group_size INTEGER NOT NULL
) STRICT;
CREATE INDEX duplicates_by_group ON duplicates (group_id);

CREATE TABLE votes (
    sample_id INTEGER PRIMARY KEY REFERENCES samples (id) ON DELETE CASCADE,
    counts TEXT NOT NULL,      -- JSON object, raw counts by column name
    total INTEGER NOT NULL,
    entropy REAL NOT NULL      -- bits
) STRICT;
CREATE TABLE vote_options (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- quality.*, attention.* and whatever else is measured on pixels.
CREATE TABLE measure_names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE measures (
    name_id INTEGER NOT NULL REFERENCES measure_names (id),
    sample_id INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    value REAL NOT NULL,
    parameters_hash TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (name_id, sample_id)
) STRICT, WITHOUT ROWID;

-- The ledger. Undo sets withdrawn_at_ms, redo clears it, a new edit sets abandoned on what was withdrawn.
CREATE TABLE edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    made_by TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    withdrawn_at_ms INTEGER,
    abandoned INTEGER NOT NULL DEFAULT 0,
    samples INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX edits_counting ON edits (id) WHERE withdrawn_at_ms IS NULL;
CREATE INDEX edits_withdrawn ON edits (id) WHERE withdrawn_at_ms IS NOT NULL AND abandoned = 0;

CREATE TABLE annotators (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE annotations (
    id INTEGER PRIMARY KEY,
    edit_id INTEGER NOT NULL REFERENCES edits (id),
    sample_id INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    annotator_id INTEGER NOT NULL REFERENCES annotators (id),
    source INTEGER NOT NULL,      -- 0 import, 1 person, 2 model, 3 adjudication
    verdict INTEGER NOT NULL,     -- 0 label, 1 unsure, 2 not a face, 3 skip, 4 no label
    class_id INTEGER REFERENCES classes (id),
    second_class_id INTEGER REFERENCES classes (id),
    at_ms INTEGER NOT NULL,
    seconds REAL NOT NULL DEFAULT 0,
    blind INTEGER NOT NULL DEFAULT 0,
    after_reveal INTEGER NOT NULL DEFAULT 0,
    sampling_probability REAL CHECK (sampling_probability > 0 AND sampling_probability <= 1),
    note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX annotations_by_sample ON annotations (sample_id, edit_id, source, verdict);
CREATE INDEX annotations_by_edit ON annotations (edit_id);
CREATE INDEX annotations_by_annotator ON annotations (annotator_id, sample_id);

CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE tag_facts (
    id INTEGER PRIMARY KEY,
    edit_id INTEGER NOT NULL REFERENCES edits (id),
    sample_id INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tags (id),
    present INTEGER NOT NULL
) STRICT;
CREATE INDEX tag_facts_by_sample ON tag_facts (sample_id, tag_id, edit_id);
CREATE INDEX tag_facts_by_edit ON tag_facts (edit_id);

CREATE TABLE split_facts (
    id INTEGER PRIMARY KEY,
    edit_id INTEGER NOT NULL REFERENCES edits (id),
    sample_id INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    split INTEGER NOT NULL
) STRICT;
CREATE INDEX split_facts_by_sample ON split_facts (sample_id, edit_id);
CREATE INDEX split_facts_by_edit ON split_facts (edit_id);

CREATE TABLE exclusion_facts (
    id INTEGER PRIMARY KEY,
    edit_id INTEGER NOT NULL REFERENCES edits (id),
    sample_id INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    excluded INTEGER NOT NULL
) STRICT;
CREATE INDEX exclusion_facts_by_sample ON exclusion_facts (sample_id, edit_id);
CREATE INDEX exclusion_facts_by_edit ON exclusion_facts (edit_id);

CREATE TABLE flag_facts (
    id INTEGER PRIMARY KEY,
    edit_id INTEGER NOT NULL REFERENCES edits (id),
    sample_id INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    state INTEGER NOT NULL
) STRICT;
CREATE INDEX flag_facts_by_sample ON flag_facts (sample_id, edit_id);
CREATE INDEX flag_facts_by_edit ON flag_facts (edit_id);

CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    network TEXT NOT NULL,
    recipe TEXT NOT NULL,
    snapshot TEXT NOT NULL,
    state TEXT NOT NULL,
    device TEXT NOT NULL,
    config_json TEXT NOT NULL,
    metrics_json TEXT NOT NULL,
    folds INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    started_at_ms INTEGER NOT NULL,
    finished_at_ms INTEGER,
    samples INTEGER NOT NULL,
    removed_at_ms INTEGER      -- in the bin
) STRICT, WITHOUT ROWID;

CREATE TABLE predictions (
    run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
    sample_id INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    class_id INTEGER NOT NULL REFERENCES classes (id),
    label_at_training INTEGER,
    fold INTEGER NOT NULL,
    probability REAL NOT NULL,
    PRIMARY KEY (run, sample_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE flaggings (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    method TEXT NOT NULL,
    threshold REAL NOT NULL,
    way TEXT NOT NULL,
    model_hash TEXT NOT NULL,
    preprocessing_hash TEXT NOT NULL,
    classes_json TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    flagged INTEGER NOT NULL
) STRICT;

-- Scores of the current flagging only; runs/<id> keeps what older ones were made from.
CREATE TABLE scores (
    sample_id INTEGER PRIMARY KEY REFERENCES samples (id) ON DELETE CASCADE,
    flagging_id INTEGER NOT NULL REFERENCES flaggings (id),
    scored_class INTEGER,
    crop_id INTEGER,              -- the crop that was scored
    flagged INTEGER NOT NULL,
    in_sample INTEGER NOT NULL,
    predicted INTEGER,
    suggested INTEGER,
    arbex_class INTEGER,
    suspicion REAL NOT NULL,
    eac_noise REAL, eac_inconsistency REAL, eac_spread REAL,
    arbex_noise REAL, arbex_confidence REAL,
    self_confidence REAL, margin REAL, cl_noise REAL
) STRICT;

CREATE TABLE score_details (
    sample_id INTEGER PRIMARY KEY REFERENCES scores (sample_id) ON DELETE CASCADE,
    probabilities BLOB NOT NULL,  -- float32, little endian, in class order of the flagging
    details_json TEXT NOT NULL,
    reasons_json TEXT NOT NULL
) STRICT;

CREATE TABLE snapshots (
    hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    samples INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE saved_views (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    filter TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    descending INTEGER NOT NULL
) STRICT;

-- Bytes that nothing names any more and that are still to be taken from the disk: what a kill interrupts goes on here.
CREATE TABLE erasures (
    id INTEGER PRIMARY KEY,
    path BLOB,                 -- a file or folder below the project, or
    segment INTEGER,           -- bytes of a crop segment
    offset INTEGER,
    size INTEGER
) STRICT;

-- Derived, see current_labels.h.
CREATE TABLE current_labels (
    sample_id INTEGER PRIMARY KEY REFERENCES samples (id) ON DELETE CASCADE,
    class_id INTEGER,
    state INTEGER NOT NULL,
    given_class INTEGER,
    split INTEGER NOT NULL,
    excluded INTEGER NOT NULL,
    reviews INTEGER NOT NULL,
    flag INTEGER NOT NULL,
    predicted INTEGER,
    suspicion REAL
) STRICT;
CREATE TABLE current_tags (
    tag_id INTEGER NOT NULL REFERENCES tags (id),
    sample_id INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    PRIMARY KEY (tag_id, sample_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX current_tags_by_sample ON current_tags (sample_id);
)sql";

// Videos and faces cut out of pictures and frames.
constexpr std::string_view version2 = R"sql(
ALTER TABLE imports ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;            -- ImportKind
ALTER TABLE imports ADD COLUMN settings_hash TEXT NOT NULL DEFAULT '';    -- of an extraction
-- Made by an extraction whose settings were replaced: kept with what was said about it, counts nowhere.
ALTER TABLE samples ADD COLUMN retired INTEGER NOT NULL DEFAULT 0;
ALTER TABLE samples ADD COLUMN perceptual_hash INTEGER;             -- 64 bits, see pipeline/dedup
ALTER TABLE subjects ADD COLUMN is_inferred INTEGER NOT NULL DEFAULT 0;

-- A video with the given facts that faces of its frames inherit.
CREATE TABLE clips (
    media_id INTEGER PRIMARY KEY REFERENCES media (id),
    source_id INTEGER NOT NULL REFERENCES sources (id),
    source_key TEXT NOT NULL,
    source TEXT NOT NULL,
    import_id INTEGER NOT NULL REFERENCES imports (id),
    native_label TEXT NOT NULL,
    native_space TEXT NOT NULL,
    given_class INTEGER REFERENCES classes (id),
    given_state INTEGER NOT NULL,
    given_split INTEGER NOT NULL,
    native_split TEXT NOT NULL,
    fold INTEGER,
    cut INTEGER,
    duration_us INTEGER,
    subject_id INTEGER REFERENCES subjects (id),
    sequence_id INTEGER REFERENCES sequences (id),
    origin TEXT NOT NULL,
    quality_flags TEXT NOT NULL DEFAULT '',
    UNIQUE (source_id, source_key)
) STRICT;

-- What an extraction made of a picture or video. The same settings need not look at it again.
CREATE TABLE extractions (
    media_id INTEGER PRIMARY KEY REFERENCES media (id) ON DELETE CASCADE,
    settings_hash TEXT NOT NULL,
    frames INTEGER NOT NULL,
    faces INTEGER NOT NULL,
    crops INTEGER NOT NULL,
    no_face INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;

-- How a sample's crop is cut out of its picture or frame.
CREATE TABLE faces (
    sample_id INTEGER PRIMARY KEY REFERENCES samples (id) ON DELETE CASCADE,
    detector TEXT NOT NULL,
    probability REAL NOT NULL,
    box_x REAL NOT NULL, box_y REAL NOT NULL, box_width REAL NOT NULL, box_height REAL NOT NULL, -- upright frame
    landmark_scheme TEXT NOT NULL,  -- 5, 68
    landmarks BLOB NOT NULL,        -- x, y of each in pixels of the upright frame, float64, little endian
    rotation INTEGER NOT NULL,      -- degrees clockwise that make the stored frame upright
    crop_from_frame TEXT NOT NULL,  -- Similarity::text()
    track INTEGER                   -- within its clip
) STRICT;

-- Landmarks that a data set was published with.
CREATE TABLE given_landmarks (
    sample_id INTEGER PRIMARY KEY REFERENCES samples (id) ON DELETE CASCADE,
    scheme TEXT NOT NULL,           -- 68, 5, 37, unknown
    points BLOB NOT NULL            -- x, y of each in pixels of the stored picture, float64, little endian
) STRICT, WITHOUT ROWID;

-- Samples whose pictures are nearly the same; a group is named by its smallest sample id.
CREATE TABLE near_duplicates (
    sample_id INTEGER PRIMARY KEY REFERENCES samples (id) ON DELETE CASCADE,
    group_id INTEGER NOT NULL,
    group_size INTEGER NOT NULL
) STRICT;
CREATE INDEX near_duplicates_by_group ON near_duplicates (group_id);

-- Who dealt the splits: the hash of the groups and where each went.
CREATE TABLE split_certificates (
    edit_id INTEGER PRIMARY KEY REFERENCES edits (id),
    way TEXT NOT NULL,              -- and with what: rowTextOf()
    hash TEXT NOT NULL,
    groups INTEGER NOT NULL
) STRICT;
)sql";

// Videos whose faces are stored in part.
constexpr std::string_view version3 = R"sql(
-- What was stored of the video belongs to the unfinished extraction `import_id`, which goes on from `state`.
CREATE TABLE extractions_begun (
    media_id INTEGER PRIMARY KEY REFERENCES media (id) ON DELETE CASCADE,
    import_id INTEGER NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    state TEXT NOT NULL             -- ClipState::text()
) STRICT;
)sql";

// Copies of a picture are known by the picture, not only by the faces that were cut out of it. A person says how a
// video lies where its faces mislead.
constexpr std::string_view version4 = R"sql(
ALTER TABLE faces ADD COLUMN picture_width INTEGER;   -- of the upright picture or frame
ALTER TABLE faces ADD COLUMN picture_height INTEGER;
ALTER TABLE faces ADD COLUMN picture_hash INTEGER;    -- its perceptual hash, 64 bits
ALTER TABLE media ADD COLUMN turn INTEGER;            -- clockwise degrees on top of its orientation; NULL: found out
)sql";

struct IndexText
{
    std::string_view name, on;
};

// Apart from the tables: only large projects have them, and a bulk load builds them last.
constexpr std::array currentIndexes{
    IndexText{"current_by_class", "current_labels (class_id, suspicion)"},
    IndexText{"current_by_given", "current_labels (given_class, suspicion)"},
    IndexText{"current_by_state", "current_labels (state) WHERE state <> 0"},
    IndexText{"current_by_split", "current_labels (split)"},
    IndexText{"current_by_flag", "current_labels (flag, suspicion) WHERE flag > 0"},
    IndexText{"current_by_suspicion", "current_labels (suspicion)"},
    IndexText{"current_by_predicted", "current_labels (predicted, suspicion)"},
    IndexText{"current_reviewed", "current_labels (reviews) WHERE reviews > 0"},
    IndexText{"current_excluded", "current_labels (excluded) WHERE excluded > 0"},
};
constexpr std::array sampleIndexes{
    IndexText{"samples_by_source", "samples (source)"},
    IndexText{"samples_by_media", "samples (media_id)"},
    IndexText{"samples_by_valence", "samples (valence) WHERE valence IS NOT NULL"},
    IndexText{"samples_by_arousal", "samples (arousal) WHERE arousal IS NOT NULL"},
    IndexText{"samples_by_width", "samples (width)"},
    IndexText{"samples_by_height", "samples (height)"},
    IndexText{"votes_by_entropy", "votes (entropy)"},
    IndexText{"votes_by_total", "votes (total)"},
};
constexpr std::array annotationIndexes{
    IndexText{"annotations_adjudicated", "annotations (sample_id) WHERE source = 3"},
};
constexpr std::array scoreIndexes{
    IndexText{"scores_by_margin", "scores (margin)"},
    IndexText{"scores_by_self_confidence", "scores (self_confidence)"},
    IndexText{"scores_by_cl_noise", "scores (cl_noise)"},
    IndexText{"scores_by_eac_noise", "scores (eac_noise)"},
    IndexText{"scores_by_eac_inconsistency", "scores (eac_inconsistency)"},
    IndexText{"scores_by_eac_spread", "scores (eac_spread)"},
    IndexText{"scores_by_arbex_noise", "scores (arbex_noise)"},
    IndexText{"scores_by_arbex_confidence", "scores (arbex_confidence)"},
};

constexpr std::array allMigrations{Migration{1, version1}, Migration{2, version2}, Migration{3, version3},
                                   Migration{4, version4}};

void drop(SQLite::Database &database, std::span<const IndexText> indexes)
{
    for (const IndexText &index : indexes)
        database.exec("DROP INDEX IF EXISTS " + std::string(index.name));
}

int pragma(SQLite::Database &database, const char *name)
{
    return database.execAndGet(std::string("PRAGMA ") + name).getInt();
}

Result<> copyBeforeMigrating(SQLite::Database &database, const std::filesystem::path &file, int version)
{
    std::filesystem::path copy = file;
    copy += ".v" + std::to_string(version) + ".bak";
    std::error_code error;
    if (std::filesystem::exists(copy, error))
        return {}; // an earlier attempt got this far; the project has not changed since
    std::filesystem::path temporary = copy.parent_path() / ("." + copy.filename().string() + ".tmp");
    std::filesystem::remove(temporary, error);
    {
        SQLite::Database target(temporary.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        SQLite::Backup(target, database).executeStep(-1);
    }
    const int descriptor = ::open(temporary.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int errorNumber = errno;
    if (descriptor >= 0)
        ::close(descriptor);
    if (!synced || ::rename(temporary.c_str(), copy.c_str()) != 0)
        return fail(systemError(synced ? errno : errorNumber, copy, "could not be written"));
    return syncFolder(copy.parent_path());
}

} // namespace

void dropLoadIndexes(SQLite::Database &database)
{
    drop(database, currentIndexes);
    drop(database, sampleIndexes);
}

void dropScoreIndexes(SQLite::Database &database)
{
    drop(database, currentIndexes);
    drop(database, scoreIndexes);
}

void ensureIndexes(SQLite::Database &database)
{
    // Ids are dense: the largest tells the size without counting.
    if (database.execAndGet("SELECT coalesce(max(sample_id), 0) FROM current_labels").getInt64() < indexedFrom)
        return;
    for (const std::span<const IndexText> group :
         {std::span<const IndexText>(currentIndexes), {sampleIndexes}, {annotationIndexes}, {scoreIndexes}}) {
        for (const IndexText &index : group)
            database.exec("CREATE INDEX IF NOT EXISTS " + std::string(index.name) + " ON " + std::string(index.on));
    }
}

std::span<const Migration> migrations()
{
    return allMigrations;
}

int schemaVersion()
{
    return allMigrations.back().version;
}

Result<> checkIdentity(SQLite::Database &database, const std::filesystem::path &file)
{
    if (pragma(database, "application_id") != projectApplicationId)
        return fail(ErrorCode::Invalid, file.string() + " is not a project of Mien.");
    const int version = pragma(database, "user_version");
    if (version > schemaVersion())
        return fail(ErrorCode::Invalid, file.string() + " was made by a newer Mien (schema " + std::to_string(version) +
                                            "; this one reads up to " + std::to_string(schemaVersion()) +
                                            "). Update Mien to open it; nothing was changed.");
    if (version < 1)
        return fail(ErrorCode::Invalid,
                    file.string() + " is not a project of Mien (schema " + std::to_string(version) + ").");
    return {};
}

Result<> migrate(SQLite::Database &database, const std::filesystem::path &file, std::span<const Migration> steps)
{
    return guarded(file, "Updating the project", [&]() -> Result<> {
        const int version = pragma(database, "user_version");
        if (version > steps.back().version)
            return fail(ErrorCode::Invalid, file.string() + " was made by a newer Mien.");
        if (version == steps.back().version)
            return {};
        if (version > 0) {
            if (const auto copied = copyBeforeMigrating(database, file, version); !copied)
                return copied;
        }
        SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
        for (const Migration &step : steps) {
            if (step.version > version)
                database.exec(std::string(step.sql));
        }
        database.exec("PRAGMA user_version=" + std::to_string(steps.back().version));
        transaction.commit();
        return {};
    });
}

} // namespace mien
