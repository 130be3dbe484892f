-- A project of schema 1 (24 drawn faces, two edits, the second taken back), as SQL: what migrations start from.
PRAGMA foreign_keys=OFF;
PRAGMA application_id=1296647502;
PRAGMA user_version=1;
BEGIN TRANSACTION;
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
INSERT INTO "annotations" VALUES(1,1,4,1,1,0,7,NULL,1796004895566,0.0,0,0,NULL,'first');
INSERT INTO "annotations" VALUES(2,1,23,1,1,0,7,NULL,1796004895566,0.0,0,0,NULL,'first');
INSERT INTO "annotations" VALUES(3,2,6,2,1,0,1,NULL,1796004895584,0.0,0,0,NULL,'');
INSERT INTO "annotations" VALUES(4,2,12,2,1,0,1,NULL,1796004895584,0.0,0,0,NULL,'');
INSERT INTO "annotations" VALUES(5,2,24,2,1,0,1,NULL,1796004895584,0.0,0,0,NULL,'');
CREATE TABLE annotators (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO "annotators" VALUES(1,'ann');
INSERT INTO "annotators" VALUES(2,'ben');
CREATE TABLE classes (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    display TEXT NOT NULL,
    code TEXT NOT NULL,
    space TEXT NOT NULL,
    position INTEGER NOT NULL
) STRICT;
INSERT INTO "classes" VALUES(1,'neutral','Neutral','NE','expression/1',4);
INSERT INTO "classes" VALUES(2,'happiness','Happiness','HA','expression/1',3);
INSERT INTO "classes" VALUES(3,'sadness','Sadness','SA','expression/1',5);
INSERT INTO "classes" VALUES(4,'surprise','Surprise','SU','expression/1',6);
INSERT INTO "classes" VALUES(5,'fear','Fear','FE','expression/1',2);
INSERT INTO "classes" VALUES(6,'disgust','Disgust','DI','expression/1',1);
INSERT INTO "classes" VALUES(7,'anger','Anger','AN','expression/1',0);
INSERT INTO "classes" VALUES(8,'contempt','Contempt','CO','expression/1',7);
INSERT INTO "classes" VALUES(9,'other','Other expression','OT','expression/1',8);
INSERT INTO "classes" VALUES(101,'alert','Alert','AL','drowsiness/1',9);
INSERT INTO "classes" VALUES(102,'low_vigilant','Low vigilant','LV','drowsiness/1',10);
INSERT INTO "classes" VALUES(103,'drowsy','Drowsy','DR','drowsiness/1',11);
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
INSERT INTO "current_labels" VALUES(1,1,0,1,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(2,7,0,7,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(3,6,0,6,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(4,7,0,5,1,0,1,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(5,7,0,7,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(6,3,0,3,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(7,4,0,4,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(8,2,0,2,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(9,8,0,8,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(10,8,0,8,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(11,7,0,7,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(12,3,0,3,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(13,4,0,4,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(14,4,0,4,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(15,6,0,6,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(16,4,0,4,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(17,1,0,1,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(18,2,0,2,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(19,2,0,2,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(20,1,0,1,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(21,1,0,1,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(22,1,0,1,1,0,0,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(23,7,0,5,1,0,1,0,NULL,NULL);
INSERT INTO "current_labels" VALUES(24,3,0,3,1,0,0,0,NULL,NULL);
CREATE TABLE current_tags (
    tag_id INTEGER NOT NULL REFERENCES tags (id),
    sample_id INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    PRIMARY KEY (tag_id, sample_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE duplicates (
    sample_id INTEGER PRIMARY KEY REFERENCES samples (id) ON DELETE CASCADE,
    group_id INTEGER NOT NULL,
    group_size INTEGER NOT NULL
) STRICT;
CREATE TABLE edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    made_by TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    withdrawn_at_ms INTEGER,
    abandoned INTEGER NOT NULL DEFAULT 0,
    samples INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO "edits" VALUES(1,'Label 2 images: anger','ann',1796004895566,NULL,0,2);
INSERT INTO "edits" VALUES(2,'Label 3 images: neutral','ben',1796004895584,1796004895600,0,3);
CREATE TABLE erasures (
    id INTEGER PRIMARY KEY,
    path BLOB,                 -- a file or folder below the project, or
    segment INTEGER,           -- bytes of a crop segment
    offset INTEGER,
    size INTEGER
) STRICT;
CREATE TABLE exclusion_facts (
    id INTEGER PRIMARY KEY,
    edit_id INTEGER NOT NULL REFERENCES edits (id),
    sample_id INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    excluded INTEGER NOT NULL
) STRICT;
CREATE TABLE flag_facts (
    id INTEGER PRIMARY KEY,
    edit_id INTEGER NOT NULL REFERENCES edits (id),
    sample_id INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    state INTEGER NOT NULL
) STRICT;
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
CREATE TABLE imports (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    folder TEXT NOT NULL,
    started_at_ms INTEGER NOT NULL,
    finished_at_ms INTEGER,
    removed_at_ms INTEGER      -- in the bin (bin.h): its samples count nowhere
) STRICT;
INSERT INTO "imports" VALUES(1,1,'20261130T021455Z-1',1796004895491,1796004895526,NULL);
CREATE TABLE measure_names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE measures (
    name_id INTEGER NOT NULL REFERENCES measure_names (id),
    sample_id INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    value REAL NOT NULL,
    parameters_hash TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (name_id, sample_id)
) STRICT, WITHOUT ROWID;
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
INSERT INTO "media" VALUES(1,1,X'533030312F30303030312E706E67','image',16085,1796004895367,X'DB764FA0C5DD764432CA9BF5DD8E07F7',112,112,1,NULL);
INSERT INTO "media" VALUES(2,1,X'533030322F30303030322E706E67','image',20058,1796004895371,X'21E01F1D651526A890DF627813F3E280',112,112,1,NULL);
INSERT INTO "media" VALUES(3,1,X'533030332F30303030332E706E67','image',15993,1796004895375,X'6843AE637C48B5D73FCE6EDAAC68023C',112,112,1,NULL);
INSERT INTO "media" VALUES(4,1,X'533030312F30303030342E706E67','image',18796,1796004895379,X'7AEF6AF1A7715BA8FCA25BD9D3E2CB23',112,112,1,NULL);
INSERT INTO "media" VALUES(5,1,X'533030322F30303030352E706E67','image',19543,1796004895383,X'874AFFAFC08502B2350E09EF4B14A7A3',112,112,1,NULL);
INSERT INTO "media" VALUES(6,1,X'533030332F30303030362E706E67','image',17898,1796004895387,X'F6C6376CE2403A5A4FEF9015962FC962',112,112,1,NULL);
INSERT INTO "media" VALUES(7,1,X'533030312F30303030372E706E67','image',17592,1796004895391,X'5AC952D6B20AEDA1C12B718CE849C7F3',112,112,1,NULL);
INSERT INTO "media" VALUES(8,1,X'533030322F30303030382E706E67','image',19836,1796004895395,X'E45DB3C09783AEBFB8EDDFE83B1AABFB',112,112,1,NULL);
INSERT INTO "media" VALUES(9,1,X'533030332F30303030392E706E67','image',19239,1796004895399,X'2A1BC651ADCD3028A77588D44378BD78',112,112,1,NULL);
INSERT INTO "media" VALUES(10,1,X'533030312F30303031302E706E67','image',18957,1796004895403,X'845F6DA11438D43C8D0E4C994B67FA31',112,112,1,NULL);
INSERT INTO "media" VALUES(11,1,X'533030322F30303031312E706E67','image',16248,1796004895407,X'B3956570E8FD1C353FB80E19EF586254',112,112,1,NULL);
INSERT INTO "media" VALUES(12,1,X'533030332F30303031322E706E67','image',19316,1796004895411,X'F5794721CCB7FA3E33852381D4543020',112,112,1,NULL);
INSERT INTO "media" VALUES(13,1,X'533030312F30303031332E706E67','image',17290,1796004895415,X'69A8DB59980891654C8F314CE2064365',112,112,1,NULL);
INSERT INTO "media" VALUES(14,1,X'533030322F30303031342E706E67','image',20352,1796004895419,X'27B8F320CE361EC7838F07C7C58892C2',112,112,1,NULL);
INSERT INTO "media" VALUES(15,1,X'533030332F30303031352E706E67','image',18117,1796004895423,X'DB525FE58B6818DBCB6B2F9974AC8B71',112,112,1,NULL);
INSERT INTO "media" VALUES(16,1,X'533030312F30303031362E706E67','image',18637,1796004895427,X'E3AEAFD6E5755CAD26A8156071FE2B94',112,112,1,NULL);
INSERT INTO "media" VALUES(17,1,X'533030322F30303031372E706E67','image',17676,1796004895431,X'59A3A82CFBF336055E1A587D4D108FC8',112,112,1,NULL);
INSERT INTO "media" VALUES(18,1,X'533030332F30303031382E706E67','image',16852,1796004895435,X'7258A8B54F46288BBF604AD2872B446D',112,112,1,NULL);
INSERT INTO "media" VALUES(19,1,X'533030312F30303031392E706E67','image',16889,1796004895443,X'8A58A678A33382486428F147301BDF55',112,112,1,NULL);
INSERT INTO "media" VALUES(20,1,X'533030322F30303032302E706E67','image',20326,1796004895447,X'8CADF3874B63D34A7A792A8471ED9E27',112,112,1,NULL);
INSERT INTO "media" VALUES(21,1,X'533030332F30303032312E706E67','image',17650,1796004895455,X'E760057FDC423F506AFDF26DBEC1E8C5',112,112,1,NULL);
INSERT INTO "media" VALUES(22,1,X'533030312F30303032322E706E67','image',15853,1796004895459,X'AF39947D64DD6950C1BDB92EA3478A6A',112,112,1,NULL);
INSERT INTO "media" VALUES(23,1,X'533030322F30303032332E706E67','image',19658,1796004895467,X'057A2EFEE8B48848B0302E6A8204CC20',112,112,1,NULL);
INSERT INTO "media" VALUES(24,1,X'533030332F30303032342E706E67','image',17311,1796004895467,X'3367EA779FA49EC4C0E6BF89C360E2BF',112,112,1,NULL);
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('created_at_ms','1796004895295');
INSERT INTO "meta" VALUES('created_by','mien 0.1.0');
INSERT INTO "meta" VALUES('name','Demo');
CREATE TABLE predictions (
    run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
    sample_id INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    class_id INTEGER NOT NULL REFERENCES classes (id),
    label_at_training INTEGER,
    fold INTEGER NOT NULL,
    probability REAL NOT NULL,
    PRIMARY KEY (run, sample_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE roots (
    id INTEGER PRIMARY KEY,
    in_project INTEGER NOT NULL DEFAULT 0,
    path BLOB NOT NULL,
    UNIQUE (in_project, path)
) STRICT;
INSERT INTO "roots" VALUES(1,1,X'6D65646961');
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
INSERT INTO "samples" VALUES(1,1,'S001/00001.png','S001/00001.png',1,1,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'68FBB826E1CFF6EC5E23270C74DEB994','neutral','manifest',1,0,1,'train',NULL,NULL,NULL,1,NULL,'synthetic','');
INSERT INTO "samples" VALUES(2,1,'S002/00002.png','S002/00002.png',1,2,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'6937AF3CC977030B7CFFC97779054E90','anger','manifest',7,0,1,'train',NULL,NULL,NULL,2,NULL,'synthetic','');
INSERT INTO "samples" VALUES(3,1,'S003/00003.png','S003/00003.png',1,3,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'47CB034CB48AD6C2C06F868215885D03','disgust','manifest',6,0,1,'train',NULL,NULL,NULL,3,NULL,'synthetic','');
INSERT INTO "samples" VALUES(4,1,'S001/00004.png','S001/00004.png',1,4,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'62DA2E927DDFC0A7B92491E70FDA6017','fear','manifest',5,0,1,'train',NULL,NULL,NULL,1,NULL,'synthetic','');
INSERT INTO "samples" VALUES(5,1,'S002/00005.png','S002/00005.png',1,5,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'6D0B5553CAD319EFCA8CCD1B4AF7A06E','anger','manifest',7,0,1,'train',NULL,NULL,NULL,2,NULL,'synthetic','');
INSERT INTO "samples" VALUES(6,1,'S003/00006.png','S003/00006.png',1,6,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'84E4A5FDC94FF560A65B1C296D41B555','sadness','manifest',3,0,1,'train',NULL,NULL,NULL,3,NULL,'synthetic','');
INSERT INTO "samples" VALUES(7,1,'S001/00007.png','S001/00007.png',1,7,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'59869A498A9D2FD54BB68683462B4128','surprise','manifest',4,0,1,'train',NULL,NULL,NULL,1,NULL,'synthetic','');
INSERT INTO "samples" VALUES(8,1,'S002/00008.png','S002/00008.png',1,8,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'78C8C640D7BF2C1A267E68CF9DC76327','happiness','manifest',2,0,1,'train',NULL,NULL,NULL,2,NULL,'synthetic','');
INSERT INTO "samples" VALUES(9,1,'S003/00009.png','S003/00009.png',1,9,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'7E9EBDC89F6EBEF26B456F3B8459CBD9','contempt','manifest',8,0,1,'train',NULL,NULL,NULL,3,NULL,'synthetic','');
INSERT INTO "samples" VALUES(10,1,'S001/00010.png','S001/00010.png',1,10,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'E53621DFD88B176942FBA8A77CB2AD1B','contempt','manifest',8,0,1,'train',NULL,NULL,NULL,1,NULL,'synthetic','');
INSERT INTO "samples" VALUES(11,1,'S002/00011.png','S002/00011.png',1,11,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'09FBAFE42ECAFFFF34E9AAF7CA26C307','anger','manifest',7,0,1,'train',NULL,NULL,NULL,2,NULL,'synthetic','');
INSERT INTO "samples" VALUES(12,1,'S003/00012.png','S003/00012.png',1,12,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'527DE6327724E15BD8276D4E9EE32F02','sadness','manifest',3,0,1,'train',NULL,NULL,NULL,3,NULL,'synthetic','');
INSERT INTO "samples" VALUES(13,1,'S001/00013.png','S001/00013.png',1,13,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'266832D6D791BFB2E0F62430F963DD8B','surprise','manifest',4,0,1,'train',NULL,NULL,NULL,1,NULL,'synthetic','');
INSERT INTO "samples" VALUES(14,1,'S002/00014.png','S002/00014.png',1,14,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'F26E7B3DBA24189B61FA957B6D0AA52F','surprise','manifest',4,0,1,'train',NULL,NULL,NULL,2,NULL,'synthetic','');
INSERT INTO "samples" VALUES(15,1,'S003/00015.png','S003/00015.png',1,15,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'9FDFB14A1AFFD8F6D475F280A2396014','disgust','manifest',6,0,1,'train',NULL,NULL,NULL,3,NULL,'synthetic','');
INSERT INTO "samples" VALUES(16,1,'S001/00016.png','S001/00016.png',1,16,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'9D7CC3617A179AAB56CFB8AC49C90716','surprise','manifest',4,0,1,'train',NULL,NULL,NULL,1,NULL,'synthetic','');
INSERT INTO "samples" VALUES(17,1,'S002/00017.png','S002/00017.png',1,17,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'CDDBDD72F45595B84F5F096C4FF91584','neutral','manifest',1,0,1,'train',NULL,NULL,NULL,2,NULL,'synthetic','');
INSERT INTO "samples" VALUES(18,1,'S003/00018.png','S003/00018.png',1,18,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'6772E1F640E3BA0466F50669362C492B','happiness','manifest',2,0,1,'train',NULL,NULL,NULL,3,NULL,'synthetic','');
INSERT INTO "samples" VALUES(19,1,'S001/00019.png','S001/00019.png',1,19,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'DF3C9EF17BCD63265A86D9C6745FBFFC','happiness','manifest',2,0,1,'train',NULL,NULL,NULL,1,NULL,'synthetic','');
INSERT INTO "samples" VALUES(20,1,'S002/00020.png','S002/00020.png',1,20,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'F2DB5D0C5AD6B8EEAED986E7E8ECB41A','neutral','manifest',1,0,1,'train',NULL,NULL,NULL,2,NULL,'synthetic','');
INSERT INTO "samples" VALUES(21,1,'S003/00021.png','S003/00021.png',1,21,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'A8721892ADECFFE55730C15D5B6C15A4','neutral','manifest',1,0,1,'train',NULL,NULL,NULL,3,NULL,'synthetic','');
INSERT INTO "samples" VALUES(22,1,'S001/00022.png','S001/00022.png',1,22,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'822B03BD85DBEC53E4DA3873459C059F','neutral','manifest',1,0,1,'train',NULL,NULL,NULL,1,NULL,'synthetic','');
INSERT INTO "samples" VALUES(23,1,'S002/00023.png','S002/00023.png',1,23,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'A0AD827E46E7E22560EA1AC05C079A40','fear','manifest',5,0,1,'train',NULL,NULL,NULL,2,NULL,'synthetic','');
INSERT INTO "samples" VALUES(24,1,'S003/00024.png','S003/00024.png',1,24,NULL,NULL,NULL,NULL,NULL,NULL,112,112,X'C0DD09092AC3A16B2AA4E0C5470E713C','sadness','manifest',3,0,1,'train',NULL,NULL,NULL,3,NULL,'synthetic','');
CREATE TABLE saved_views (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    filter TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    descending INTEGER NOT NULL
) STRICT;
CREATE TABLE score_details (
    sample_id INTEGER PRIMARY KEY REFERENCES scores (sample_id) ON DELETE CASCADE,
    probabilities BLOB NOT NULL,  -- float32, little endian, in class order of the flagging
    details_json TEXT NOT NULL,
    reasons_json TEXT NOT NULL
) STRICT;
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
CREATE TABLE sequences (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    name TEXT NOT NULL,
    UNIQUE (name, source_id)
) STRICT;
CREATE TABLE snapshots (
    hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    samples INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "snapshots" VALUES('6c87a29457c1981a0a01f1b7f1a3db52','',24,1796004895623);
CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    importer TEXT NOT NULL,
    variant TEXT NOT NULL,
    dataset TEXT NOT NULL,
    root_id INTEGER NOT NULL REFERENCES roots (id),
    UNIQUE (importer, root_id)
) STRICT;
INSERT INTO "sources" VALUES(1,'manifest','table','manifest',1);
CREATE TABLE split_facts (
    id INTEGER PRIMARY KEY,
    edit_id INTEGER NOT NULL REFERENCES edits (id),
    sample_id INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    split INTEGER NOT NULL
) STRICT;
CREATE TABLE subjects (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    name TEXT NOT NULL,
    UNIQUE (name, source_id)
) STRICT;
INSERT INTO "subjects" VALUES(1,1,'S001');
INSERT INTO "subjects" VALUES(2,1,'S002');
INSERT INTO "subjects" VALUES(3,1,'S003');
CREATE TABLE tag_facts (
    id INTEGER PRIMARY KEY,
    edit_id INTEGER NOT NULL REFERENCES edits (id),
    sample_id INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tags (id),
    present INTEGER NOT NULL
) STRICT;
CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE vote_options (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO "vote_options" VALUES('anger');
INSERT INTO "vote_options" VALUES('contempt');
INSERT INTO "vote_options" VALUES('disgust');
INSERT INTO "vote_options" VALUES('fear');
INSERT INTO "vote_options" VALUES('happiness');
INSERT INTO "vote_options" VALUES('neutral');
INSERT INTO "vote_options" VALUES('sadness');
INSERT INTO "vote_options" VALUES('surprise');
INSERT INTO "vote_options" VALUES('unknown');
CREATE TABLE votes (
    sample_id INTEGER PRIMARY KEY REFERENCES samples (id) ON DELETE CASCADE,
    counts TEXT NOT NULL,      -- JSON object, raw counts by column name
    total INTEGER NOT NULL,
    entropy REAL NOT NULL      -- bits
) STRICT;
INSERT INTO "votes" VALUES(1,'{"neutral":9,"sadness":1}',10,4.68995593589281223323e-01);
INSERT INTO "votes" VALUES(2,'{"happiness":10}',10,0.0);
INSERT INTO "votes" VALUES(3,'{"disgust":9,"sadness":1}',10,4.68995593589281223323e-01);
INSERT INTO "votes" VALUES(4,'{"fear":9,"sadness":1}',10,4.68995593589281223323e-01);
INSERT INTO "votes" VALUES(5,'{"anger":10}',10,0.0);
INSERT INTO "votes" VALUES(6,'{"neutral":1,"sadness":9}',10,4.68995593589281223323e-01);
INSERT INTO "votes" VALUES(7,'{"fear":1,"neutral":1,"surprise":8}',10,9.21928094887362270526e-01);
INSERT INTO "votes" VALUES(8,'{"happiness":10}',10,0.0);
INSERT INTO "votes" VALUES(9,'{"contempt":9,"happiness":1}',10,4.68995593589281223323e-01);
INSERT INTO "votes" VALUES(10,'{"contempt":10}',10,0.0);
INSERT INTO "votes" VALUES(11,'{"anger":8,"disgust":1,"neutral":1}',10,9.21928094887362270526e-01);
INSERT INTO "votes" VALUES(12,'{"fear":2,"neutral":1,"sadness":7}',10,1.15677964944703948191e+00);
INSERT INTO "votes" VALUES(13,'{"surprise":10}',10,0.0);
INSERT INTO "votes" VALUES(14,'{"fear":2,"surprise":8}',10,7.21928094887362314935e-01);
INSERT INTO "votes" VALUES(15,'{"anger":1,"disgust":9}',10,4.68995593589281223323e-01);
INSERT INTO "votes" VALUES(16,'{"happiness":2,"surprise":8}',10,7.21928094887362314935e-01);
INSERT INTO "votes" VALUES(17,'{"neutral":10}',10,0.0);
INSERT INTO "votes" VALUES(18,'{"happiness":8,"neutral":1,"unknown":1}',10,9.21928094887362270526e-01);
INSERT INTO "votes" VALUES(19,'{"happiness":10}',10,0.0);
INSERT INTO "votes" VALUES(20,'{"sadness":10}',10,0.0);
INSERT INTO "votes" VALUES(21,'{"happiness":1,"neutral":8,"sadness":1}',10,9.21928094887362270526e-01);
INSERT INTO "votes" VALUES(22,'{"happiness":1,"neutral":9}',10,4.68995593589281223323e-01);
INSERT INTO "votes" VALUES(23,'{"fear":9,"surprise":1}',10,4.68995593589281223323e-01);
INSERT INTO "votes" VALUES(24,'{"fear":2,"sadness":7,"unknown":1}',10,1.15677964944703948191e+00);
CREATE INDEX samples_by_subject ON samples (subject_id) WHERE subject_id IS NOT NULL;
CREATE INDEX samples_by_sequence ON samples (sequence_id) WHERE sequence_id IS NOT NULL;
CREATE INDEX duplicates_by_group ON duplicates (group_id);
CREATE INDEX edits_counting ON edits (id) WHERE withdrawn_at_ms IS NULL;
CREATE INDEX edits_withdrawn ON edits (id) WHERE withdrawn_at_ms IS NOT NULL AND abandoned = 0;
CREATE INDEX annotations_by_sample ON annotations (sample_id, edit_id, source, verdict);
CREATE INDEX annotations_by_edit ON annotations (edit_id);
CREATE INDEX annotations_by_annotator ON annotations (annotator_id, sample_id);
CREATE INDEX tag_facts_by_sample ON tag_facts (sample_id, tag_id, edit_id);
CREATE INDEX tag_facts_by_edit ON tag_facts (edit_id);
CREATE INDEX split_facts_by_sample ON split_facts (sample_id, edit_id);
CREATE INDEX split_facts_by_edit ON split_facts (edit_id);
CREATE INDEX exclusion_facts_by_sample ON exclusion_facts (sample_id, edit_id);
CREATE INDEX exclusion_facts_by_edit ON exclusion_facts (edit_id);
CREATE INDEX flag_facts_by_sample ON flag_facts (sample_id, edit_id);
CREATE INDEX flag_facts_by_edit ON flag_facts (edit_id);
CREATE INDEX current_tags_by_sample ON current_tags (sample_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('edits',2);
COMMIT;
