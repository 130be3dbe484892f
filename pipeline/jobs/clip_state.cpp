#include "pipeline/jobs/clip_state.h"

#include <nlohmann/json.hpp>

#include <array>
#include <utility>

namespace mien {

namespace {

using Json = nlohmann::json;

template <typename Number>
Json jsonOf(const std::optional<Number> &number)
{
    return number ? Json(*number) : Json();
}

template <typename Number>
std::optional<Number> optionalOf(const Json &json)
{
    return json.is_null() ? std::nullopt : std::optional(json.get<Number>());
}

Json jsonOf(const FrameSampler::State &state)
{
    return {{"has_begun", state.hasBegun},
            {"start_s", state.startS},
            {"end_s", state.endS},
            {"taken", state.taken},
            {"index", state.index},
            {"last_pts", jsonOf(state.lastPts)},
            {"newest_pts", state.newest.pts},
            {"newest_s", state.newest.timeS},
            {"choice", {state.choice.asked, state.choice.seen, jsonOf(state.choice.first), state.choice.steps}},
            {"scene", state.scene},
            {"last_cut_s", state.lastCutS}};
}

FrameSampler::State samplerOf(const Json &json)
{
    FrameSampler::State state;
    state.hasBegun = json.at("has_begun").get<bool>();
    state.startS = json.at("start_s").get<double>();
    state.endS = json.at("end_s").get<double>();
    state.taken = json.at("taken").get<std::int64_t>();
    state.index = json.at("index").get<int>();
    state.lastPts = optionalOf<std::int64_t>(json.at("last_pts"));
    state.newest.pts = json.at("newest_pts").get<std::int64_t>();
    state.newest.timeS = json.at("newest_s").get<double>();
    const Json &choice = json.at("choice");
    state.choice = {choice.at(0).get<std::int64_t>(), choice.at(1).get<std::int64_t>(),
                    optionalOf<double>(choice.at(2)), choice.at(3).get<std::int64_t>()};
    state.scene = json.at("scene").get<std::vector<std::uint8_t>>();
    state.lastCutS = json.at("last_cut_s").get<double>();
    return state;
}

/// Of cells of which nothing is known, null.
Json jsonOf(const FaceLook &look)
{
    const FaceLook::Cells &cells = look.stored();
    Json json = Json::array();
    for (std::size_t cell = 0; cell < cells.isKnown.size(); ++cell)
        for (std::size_t i = cell * 3; i < cell * 3 + 3; ++i)
            json.push_back(cells.isKnown[cell] ? Json(cells.colours[i]) : Json());
    return json;
}

FaceLook lookOf(const Json &json)
{
    FaceLook::Cells cells;
    for (std::size_t i = 0; i < cells.colours.size(); ++i) {
        const auto colour = optionalOf<float>(json.at(i));
        cells.isKnown[i / 3] = colour.has_value();
        cells.colours[i] = colour.value_or(0);
    }
    return FaceLook(cells);
}

Json jsonOf(const FaceTracker::State &state)
{
    Json tracks = Json::array();
    for (const FaceTracker::Track &track : state.tracks)
        tracks.push_back({{"number", track.number},
                          {"box", {track.box.x, track.box.y, track.box.width, track.box.height}},
                          {"seen_s", track.seenS},
                          {"speed", {track.speedX, track.speedY}},
                          {"frames", track.frames},
                          {"look", jsonOf(track.look)}});
    Json watched = Json::array();
    for (const BoxPx &box : state.watched)
        watched.push_back({box.x, box.y, box.width, box.height});
    return {{"tracks", std::move(tracks)},  {"watched", std::move(watched)},
            {"newest", state.newest},       {"last_s", jsonOf(state.lastS)},
            {"scene", jsonOf(state.scene)}, {"frames_since_whole", state.framesSinceWhole},
            {"whole_s", state.wholeS}};
}

FaceTracker::State trackerOf(const Json &json)
{
    FaceTracker::State state;
    for (const Json &track : json.at("tracks")) {
        const auto box = track.at("box").get<std::array<double, 4>>();
        const auto speed = track.at("speed").get<std::array<double, 2>>();
        state.tracks.push_back({.number = track.at("number").get<int>(),
                                .box = {box[0], box[1], box[2], box[3]},
                                .seenS = track.at("seen_s").get<double>(),
                                .speedX = speed[0],
                                .speedY = speed[1],
                                .frames = track.at("frames").get<int>(),
                                .look = lookOf(track.at("look"))});
    }
    for (const Json &place : json.value("watched", Json::array())) { // states of before have none
        const auto box = place.get<std::array<double, 4>>();
        state.watched.push_back({box[0], box[1], box[2], box[3]});
    }
    state.newest = json.at("newest").get<int>();
    state.lastS = optionalOf<double>(json.at("last_s"));
    state.scene = lookOf(json.at("scene"));
    state.framesSinceWhole = json.at("frames_since_whole").get<int>();
    state.wholeS = json.at("whole_s").get<double>();
    return state;
}

} // namespace

std::string ClipState::text() const
{
    return Json{{"turn_deg", turnDeg},
                {"counts", {counts.frames, counts.faces, counts.crops, counts.noFace}},
                {"gated", gated},
                {"gated_by", gatedBy},
                {"no_face_s", noFaceS},
                {"loss", {loss.packetsUs, loss.damagedFramesUs, loss.packetsRead}},
                {"sampler", jsonOf(sampler)},
                {"tracker", tracker ? jsonOf(*tracker) : Json()}}
        .dump();
}

Result<ClipState> ClipState::read(std::string_view text)
{
    try {
        const Json json = Json::parse(text);
        ClipState state;
        state.turnDeg = json.at("turn_deg").get<int>();
        const auto counts = json.at("counts").get<std::array<std::int64_t, 4>>();
        state.counts = {counts[0], counts[1], counts[2], counts[3]};
        state.gated = json.at("gated").get<std::int64_t>();
        state.gatedBy = json.at("gated_by").get<std::map<std::string, std::int64_t>>();
        state.noFaceS = json.at("no_face_s").get<std::vector<double>>();
        const Json &loss = json.at("loss");
        state.loss.packetsUs = loss.at(0).get<std::set<std::int64_t>>();
        state.loss.damagedFramesUs = loss.at(1).get<std::set<std::int64_t>>();
        state.loss.packetsRead = loss.at(2).get<std::int64_t>();
        state.sampler = samplerOf(json.at("sampler"));
        if (const Json &tracker = json.at("tracker"); !tracker.is_null())
            state.tracker = trackerOf(tracker);
        return state;
    } catch (const Json::exception &exception) {
        return fail(ErrorCode::Invalid,
                    std::string("How far a video was read is not told as this version tells it: ") + exception.what());
    }
}

} // namespace mien
