// Work that must not be begun twice.
import { complain } from "./components/notice.js";
import { useCallback, useRef } from "./lib.js";

// useOnce returns a function that runs the work, unless some is still running,
// and says what went wrong. Buttons need not be disabled meanwhile, and so keep
// the focus.
export function useOnce() {
	const running = useRef(false);
	return useCallback(async (work) => {
		if (running.current) return;
		running.current = true;
		try {
			await work();
		} catch (e) {
			complain(e.message);
		} finally {
			running.current = false;
		}
	}, []);
}
