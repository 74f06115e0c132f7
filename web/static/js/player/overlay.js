// What is drawn over the film and not listed in its playlist: picture subtitles stand in the same
// list as all others, and ASS is drawn in its own style where the device can.
import { Images } from "./images.js";
import { Styled } from "./styled.js";

/** `stream` with picture subtitles in its list. */
export function withOverlay(stream, video, playback, captions, vendor) {
  const images = new Images(video, (cues) => captions.take(cues));
  const styled = new Styled(video, captions.box, vendor, (on) => captions.yield(on));
  captions.moved = (offset) => styled.move(offset);
  const drawn = playback.subtitle_tracks.filter((one) => one.images);
  const listed = drawn.map((one) => ({ id: one.id, label: one.name, language: one.language, forced: one.forced }));
  const scriptOf = (id) => {
    const label = stream.subtitles().find((one) => one.id === id)?.label;
    return playback.subtitle_tracks.find((one) => one.script && one.name === label) ?? null;
  };
  return {
    ...stream,
    subtitles: () => [...stream.subtitles(), ...listed],
    subtitle: () => images.track?.id ?? stream.subtitle(),
    chooseSubtitle(id) {
      const picture = drawn.find((one) => one.id === id) ?? null;
      stream.chooseSubtitle(picture ? null : id);
      images.choose(picture);
      styled.choose(picture || id === null ? null : scriptOf(id), captions.offset);
    },
    close() {
      images.close();
      styled.close();
      stream.close();
    },
  };
}
