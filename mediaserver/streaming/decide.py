"""Direct play, remux, audio-only transcode, transcode: the cheapest that file and client allow.

Pure: three values in, a decision out, and with it the reason for every cheaper mode refused.
Video is never transcoded because of audio or subtitles.
"""

from mediaserver.errors import Unplayable
from mediaserver.library import AudioTrack, MediaInfo, VideoTrack
from mediaserver.streaming.models import Capabilities, Choice, Decision, Mode, Plan, Reason
from mediaserver.streaming.playable import (
    AUDIO_IN_FMP4,
    VIDEO_IN_FMP4,
    Obstacle,
    audio_obstacles,
    container_obstacle,
    display_size,
    spoken,
    video_obstacles,
    with_baseline,
)

_CUTTING = {
    "no_index": "The file has no index by which it could be cut without encoding.",
    "timestamps_missing": "Some pictures in the file have no time, so copies would not join.",
    "open_gop": "The picture's groups refer to each other, so it cannot be cut without encoding.",
    "edit_list": "The file hides some of its pictures, which a copy would show.",
    "starts_without_keyframe": "The film begins in the middle of a group of pictures.",
    "keyframes_too_far_apart": "The picture has too few points at which it can be cut.",
    "video_starts_late": "The picture starts later than the sound.",
    "video_ends_early": "The picture ends before the sound.",
    "rotated": "The picture is turned, and turning it needs encoding.",
}


def decide(info: MediaInfo, plan: Plan, said: Capabilities, choice: Choice) -> Decision:
    client = with_baseline(said)
    video = main_video(info)
    audio = chosen_audio(info, choice.audio)
    picture = video_obstacles(video, client) + _asked_for_less(video, choice)
    copying = picture or uncopyable_video(video, plan)
    sound = audio_obstacles(audio, client) if audio else []
    packing = _repacked(audio, plan, sound) if audio else []
    container = container_obstacle(info, client)
    direct = [
        *([container] if container else []),
        *picture,
        *sound,
        *_direct_plays_another(info, audio),
    ]
    rejected = {
        Mode.DIRECT: direct,
        Mode.REMUX: copying + packing,
        Mode.TRANSCODE_AUDIO: copying,
    }
    reasons: list[Reason] = []
    for mode, obstacles in rejected.items():
        if not obstacles:
            return Decision(mode, tuple(reasons))
        reasons += [Reason(one.code, mode, one.text, one.remedy) for one in obstacles]
    if video.undecodable:
        raise Unplayable(
            f"This device does not play the file, and the picture cannot be converted:"
            f" {video.undecodable}.",
            code="video_undecodable",
        )
    return Decision(Mode.TRANSCODE, tuple(reasons))


def main_video(info: MediaInfo) -> VideoTrack:
    if not info.video:
        raise Unplayable("The file has no picture to play.", code="no_video")
    return info.video[0]


def chosen_audio(info: MediaInfo, index: int | None) -> AudioTrack | None:
    """The track asked for, else the one that ``default_audio`` takes; None in a silent film."""
    asked = [track for track in info.audio if track.index == index]
    return asked[0] if asked else default_audio(info)


def default_audio(info: MediaInfo) -> AudioTrack | None:
    """The file's own default, never a commentary when there is anything else."""
    heard = [track for track in info.audio if not track.undecodable] or list(info.audio)
    heard = [track for track in heard if not track.commentary] or heard
    return next((track for track in heard if track.default), heard[0] if heard else None)


def uncopyable_video(track: VideoTrack, plan: Plan) -> list[Obstacle]:
    """Why the picture cannot go into fMP4 segments as it is, whoever watches."""
    if track.codec not in VIDEO_IN_FMP4 or track.codec_string is None:
        name = spoken(track.codec)
        return [Obstacle("video_not_packable", f"{name} video cannot be repacked for streaming.")]
    if plan.copy_refused or not plan.copy_cuts:
        code = plan.copy_refused or "no_index"
        text = _CUTTING.get(code, "The picture cannot be cut without encoding it.")
        return [Obstacle(f"copy_{code}", text)]
    return []


def uncopyable_audio(track: AudioTrack, plan: Plan) -> list[Obstacle]:
    """Sound is cut between packets, which must all be equally long for that."""
    even = any(timing.track == track.index and timing.frame for timing in plan.audio)
    if not even or track.codec not in AUDIO_IN_FMP4 or track.codec_string is None:
        name = spoken(track.codec)
        return [Obstacle("audio_not_packable", f"{name} sound cannot be repacked for streaming.")]
    return []


def _repacked(track: AudioTrack, plan: Plan, sound: list[Obstacle]) -> list[Obstacle]:
    obstacles = sound or uncopyable_audio(track, plan)
    if obstacles and track.undecodable:
        silent = f"The sound cannot be converted ({track.undecodable}); the film plays silent."
        return [Obstacle("audio_undecodable", silent, "Choose another sound track.")]
    return obstacles


def _asked_for_less(track: VideoTrack, choice: Choice) -> list[Obstacle]:
    if choice.max_height is None or display_size(track)[1] <= choice.max_height:
        return []
    return [
        Obstacle(
            "quality_chosen",
            f"You asked for at most {choice.max_height} lines.",
            "Choose the original quality.",
        )
    ]


def _direct_plays_another(info: MediaInfo, audio: AudioTrack | None) -> list[Obstacle]:
    """A player takes the sound flagged as default, or the first, and offers no menu."""
    first = next((track for track in info.audio if track.default), None)
    first = first or (info.audio[0] if info.audio else None)
    if audio is None or first is None or audio.index == first.index:
        return []
    return [Obstacle("audio_track_choice", "The chosen sound is not the one the file starts with.")]
