// Light, dark, or as the system has it. early.js applies it before this runs.
import { useEffect, useState } from "./lib.js";

const key = "webhook-gateway-theme";
const order = ["auto", "light", "dark"];

export function useTheme() {
	const [theme, set] = useState(document.documentElement.dataset.theme || "auto");
	const next = () => {
		const to = order[(order.indexOf(theme) + 1) % order.length];
		apply(to);
		set(to);
	};
	return [theme, next];
}

function apply(theme) {
	if (theme === "auto") delete document.documentElement.dataset.theme;
	else document.documentElement.dataset.theme = theme;
	try {
		localStorage.setItem(key, theme);
	} catch {
		// Not kept, then: it holds until the page is left.
	}
	dispatchEvent(new Event("themechange"));
}

// useColors returns what the custom properties are at the moment, as colours a
// canvas understands, anew when the theme changes.
export function useColors(names) {
	const [colors, set] = useState(() => resolve(names));
	useEffect(() => {
		const changed = () => set(resolve(names));
		const system = matchMedia("(prefers-color-scheme: dark)");
		addEventListener("themechange", changed);
		system.addEventListener("change", changed);
		return () => {
			removeEventListener("themechange", changed);
			system.removeEventListener("change", changed);
		};
	}, []);
	return colors;
}

function resolve(names) {
	const probe = document.body.appendChild(document.createElement("i"));
	probe.hidden = true;
	const colors = Object.fromEntries(names.map((name) => {
		probe.style.color = `var(--${name})`;
		return [name, getComputedStyle(probe).color];
	}));
	probe.remove();
	return colors;
}
