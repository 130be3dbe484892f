#include "pipeline/store/labels.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/project.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cassert>

namespace mien {
namespace {

std::string namedInLedger(const Project &project, std::span<const SampleId> samples)
{
    return plain(project, [&]() -> std::string {
        if (samples.size() != 1)
            return std::to_string(samples.size()) + " images";
        SQLite::Statement select(project.database(), "SELECT source FROM samples WHERE id = ?");
        select.bind(1, samples[0].value);
        if (!select.executeStep())
            return "1 image";
        const std::string source = select.getColumn(0).getString();
        return source.substr(source.rfind('/') + 1);
    });
}

std::string nameOf(const Project &project, std::span<const SampleId> samples, const Verdict &verdict)
{
    const std::string what = namedInLedger(project, samples);
    switch (verdict.kind) {
    case Verdict::Kind::Label: return "Label " + what + ": " + project.className(*verdict.label);
    case Verdict::Kind::Unsure: return "Mark " + what + ": unsure";
    case Verdict::Kind::NotAFace: return "Mark " + what + ": not a face";
    case Verdict::Kind::Skip: return "Skip " + what;
    case Verdict::Kind::Unlabeled: return "Clear the label of " + what;
    }
    return "Label " + what;
}

/// temp.chosen(id): the samples of one edit, so that facts go in by one statement. Names the first unknown sample.
Result<> choose(SQLite::Database &database, std::span<const SampleId> samples)
{
    database.exec("CREATE TEMP TABLE IF NOT EXISTS chosen (id INTEGER PRIMARY KEY)");
    database.exec("DELETE FROM temp.chosen");
    SQLite::Statement insert(database, "INSERT OR IGNORE INTO temp.chosen VALUES (?)");
    for (const SampleId sample : samples) {
        insert.bind(1, sample.value);
        insert.exec();
        insert.reset();
    }
    SQLite::Statement unknown(database,
                              "SELECT id FROM temp.chosen WHERE id NOT IN (SELECT sample_id FROM current_labels)"
                              " LIMIT 1");
    if (unknown.executeStep())
        return fail(ErrorCode::NotFound,
                    "There is no sample " + std::to_string(unknown.getColumn(0).getInt64()) + " in this project.");
    return {};
}

std::int64_t idOfName(SQLite::Database &database, const char *table, const std::string &name)
{
    SQLite::Statement insert(database, std::string("INSERT OR IGNORE INTO ") + table + " (name) VALUES (?)");
    insert.bind(1, name);
    insert.exec();
    SQLite::Statement select(database, std::string("SELECT id FROM ") + table + " WHERE name = ?");
    select.bind(1, name);
    select.executeStep();
    return select.getColumn(0).getInt64();
}

/// One edit of which every chosen sample gets one fact: `insert` has ?1 = edit and ?2 = `value`.
Result<EditId> addFacts(Project &project, std::span<const SampleId> samples, const std::string &name,
                        const std::string &by, const char *insert,
                        const std::function<std::int64_t(SQLite::Database &)> &value)
{
    return project.edit(name, by, [&](SQLite::Database &database, EditId edit) -> Result<std::vector<SampleId>> {
        if (const auto chosen = choose(database, samples); !chosen)
            return fail(chosen.error());
        SQLite::Statement facts(database, insert);
        facts.bind(1, edit.value);
        facts.bind(2, value(database));
        facts.exec();
        return std::vector(samples.begin(), samples.end());
    });
}

} // namespace

Result<EditId> annotate(Project &project, SampleId sample, const Verdict &verdict, const std::string &annotator)
{
    return annotateAll(project, std::span(&sample, 1), verdict, annotator);
}

Result<EditId> annotateAll(Project &project, std::span<const SampleId> samples, const Verdict &verdict,
                           const std::string &annotator)
{
    if (verdict.kind == Verdict::Kind::Label && !verdict.label)
        return fail(ErrorCode::Invalid, "A label needs a class.");
    for (const auto &named : {verdict.label, verdict.second})
        if (named && project.className(*named).empty())
            return fail(ErrorCode::Invalid, "The project has no class number " + std::to_string(named->value) + ".");
    if (annotator.empty())
        return fail(ErrorCode::Invalid, "Choose who is labelling first.");
    if (const auto &drawn = verdict.samplingProbability; drawn && !(*drawn > 0 && *drawn <= 1))
        return fail(ErrorCode::Invalid, "A sampling probability lies between 0 and 1.");
    const std::string name = nameOf(project, samples, verdict);
    return project.edit(name, annotator, [&](SQLite::Database &database, EditId edit) -> Result<std::vector<SampleId>> {
        if (const auto chosen = choose(database, samples); !chosen)
            return fail(chosen.error());

        SQLite::Statement facts(database,
                                "INSERT INTO annotations (edit_id, sample_id, annotator_id, source, verdict, class_id,"
                                " second_class_id, at_ms, seconds, blind, after_reveal, note, sampling_probability)"
                                " SELECT ?1, id, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 FROM temp.chosen");
        facts.bind(1, edit.value);
        facts.bind(2, idOfName(database, "annotators", annotator));
        facts.bind(3, static_cast<int>(verdict.kind));
        if (verdict.kind == Verdict::Kind::Label)
            facts.bind(4, verdict.label->value);
        if (verdict.second)
            facts.bind(5, verdict.second->value);
        facts.bind(6, nowMs());
        facts.bind(7, verdict.seconds);
        facts.bind(8, verdict.blind ? 1 : 0);
        facts.bind(9, verdict.afterReveal ? 1 : 0);
        facts.bind(10, verdict.note);
        if (verdict.samplingProbability)
            facts.bind(11, *verdict.samplingProbability);
        facts.exec();

        // A face that is no face has a wrong label; unsure and no label reopen; skipping says nothing.
        if (verdict.kind != Verdict::Kind::Skip) {
            SQLite::Statement flags(database, "INSERT INTO flag_facts (edit_id, sample_id, state)"
                                              " SELECT ?1, t.id, CASE ?2 WHEN 1 THEN 1 WHEN 2 THEN 2 WHEN 4 THEN 1"
                                              " ELSE CASE WHEN c.given_class IS ?3 THEN 3 ELSE 2 END END"
                                              " FROM temp.chosen t CROSS JOIN current_labels c ON c.sample_id = t.id"
                                              " WHERE c.flag <> 0");
            flags.bind(1, edit.value);
            flags.bind(2, static_cast<int>(verdict.kind));
            if (verdict.label)
                flags.bind(3, verdict.label->value);
            flags.exec();
        }
        return std::vector(samples.begin(), samples.end());
    });
}

Result<EditId> addTag(Project &project, std::span<const SampleId> samples, const std::string &tag,
                      const std::string &by)
{
    if (tag.empty())
        return fail(ErrorCode::Invalid, "A tag needs a name.");
    return addFacts(project, samples, "Tag " + namedInLedger(project, samples) + ": " + tag, by,
                    "INSERT INTO tag_facts (edit_id, sample_id, tag_id, present) SELECT ?1, id, ?2, 1 FROM temp.chosen",
                    [&](SQLite::Database &database) { return idOfName(database, "tags", tag); });
}

Result<EditId> removeTag(Project &project, std::span<const SampleId> samples, const std::string &tag,
                         const std::string &by)
{
    return addFacts(project, samples, "Untag " + namedInLedger(project, samples) + ": " + tag, by,
                    "INSERT INTO tag_facts (edit_id, sample_id, tag_id, present) SELECT ?1, id, ?2, 0 FROM temp.chosen",
                    [&](SQLite::Database &database) { return idOfName(database, "tags", tag); });
}

Result<EditId> assignSplit(Project &project, std::span<const SampleId> samples, Split split, const std::string &by)
{
    const std::string what = namedInLedger(project, samples);
    const std::string name = split == Split::None ? "Take " + what + " out of all splits"
                                                  : "Move " + what + " to " + std::string(nameOf(split));
    return addFacts(project, samples, name, by,
                    "INSERT INTO split_facts (edit_id, sample_id, split) SELECT ?1, id, ?2 FROM temp.chosen",
                    [&](SQLite::Database &) { return static_cast<std::int64_t>(split); });
}

Result<EditId> assignSplits(Project &project, std::span<const SampleId> samples, std::span<const Split> splits,
                            const std::string &name, const std::string &by,
                            const std::optional<SplitCertificate> &certificate)
{
    assert(samples.size() == splits.size());
    return project.edit(name, by, [&](SQLite::Database &database, EditId edit) -> Result<std::vector<SampleId>> {
        if (const auto chosen = choose(database, samples); !chosen)
            return fail(chosen.error());
        SQLite::Statement fact(database, "INSERT INTO split_facts (edit_id, sample_id, split) VALUES (?1, ?2, ?3)");
        for (std::size_t i = 0; i < samples.size(); ++i) {
            fact.bind(1, edit.value);
            fact.bind(2, samples[i].value);
            fact.bind(3, static_cast<std::int64_t>(splits[i]));
            fact.exec();
            fact.reset();
        }
        if (certificate) {
            SQLite::Statement insert(database, "INSERT INTO split_certificates (edit_id, way, hash, groups)"
                                               " VALUES (?, ?, ?, ?)");
            insert.bind(1, edit.value);
            insert.bind(2, rowTextOf(*certificate));
            insert.bind(3, certificate->hash);
            insert.bind(4, certificate->groups);
            insert.exec();
        }
        return std::vector(samples.begin(), samples.end());
    });
}

Result<EditId> setExcluded(Project &project, std::span<const SampleId> samples, bool excluded, const std::string &by)
{
    return addFacts(project, samples, (excluded ? "Exclude " : "Include ") + namedInLedger(project, samples), by,
                    "INSERT INTO exclusion_facts (edit_id, sample_id, excluded) SELECT ?1, id, ?2 FROM temp.chosen",
                    [&](SQLite::Database &) { return std::int64_t(excluded ? 1 : 0); });
}

std::vector<std::string> annotators(const Project &project)
{
    return plain(project, [&]() -> std::vector<std::string> {
        SQLite::Statement select(project.database(), "SELECT name FROM annotators ORDER BY name");
        std::vector<std::string> names;
        while (select.executeStep())
            names.push_back(select.getColumn(0).getString());
        return names;
    });
}

Result<std::vector<DrawnSample>> drawnSamples(const Project &project)
{
    return guarded(project.folder() / "project.db", "Reading the answers", [&]() -> Result<std::vector<DrawnSample>> {
        // Of the bare columns beside max() SQLite takes the row that holds the maximum.
        SQLite::Statement select(project.database(),
                                 "SELECT n.sample_id, n.sampling_probability, max(n.id) FROM annotations n"
                                 " JOIN edits e ON e.id = n.edit_id WHERE n.sampling_probability IS NOT NULL"
                                 " AND n.source IN (1, 3) AND n.verdict <> 3 AND e.withdrawn_at_ms IS NULL"
                                 " GROUP BY n.sample_id ORDER BY n.sample_id");
        std::vector<DrawnSample> drawn;
        while (select.executeStep())
            drawn.push_back({{select.getColumn(0).getInt64()}, select.getColumn(1).getDouble()});
        return drawn;
    });
}

Result<std::unordered_map<std::int64_t, std::int64_t>> judgedAtMs(const Project &project)
{
    return guarded(project.folder() / "project.db", "Reading the answers",
                   [&]() -> Result<std::unordered_map<std::int64_t, std::int64_t>> {
                       SQLite::Statement select(project.database(),
                                                "SELECT n.sample_id, max(e.at_ms) FROM annotations n"
                                                " JOIN edits e ON e.id = n.edit_id WHERE n.source IN (1, 3)"
                                                " AND n.verdict <> 3 AND e.withdrawn_at_ms IS NULL GROUP BY 1");
                       std::unordered_map<std::int64_t, std::int64_t> judged;
                       while (select.executeStep())
                           judged.emplace(select.getColumn(0).getInt64(), select.getColumn(1).getInt64());
                       return judged;
                   });
}

} // namespace mien
