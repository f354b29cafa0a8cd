// The rendering library, in one place.
import htm from "../vendor/htm.module.js";
import { h } from "../vendor/preact.module.js";

export { render } from "../vendor/preact.module.js";
export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/hooks.module.js";

// html renders text only: what stands in ${} never becomes markup.
export const html = htm.bind(h);
