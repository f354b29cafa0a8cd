// The page: what is around the pages, and which one is shown.
import { html, render, useEffect } from "./lib.js";
import { useRoute } from "./router.js";
import { connect, useHappening } from "./stream.js";
import { useLoad } from "./load.js";
import { Header } from "./components/header.js";
import { Confirm } from "./components/confirm.js";
import { Notices } from "./components/notice.js";
import { Gone } from "./components/gone.js";
import { Overview } from "./pages/overview.js";
import { Deliveries } from "./pages/deliveries.js";
import { Delivery } from "./pages/delivery.js";
import { Refusals } from "./pages/refusals.js";
import { Endpoints } from "./pages/endpoints.js";
import { NotFound } from "./pages/notfound.js";

const titles = { "": "Overview", deliveries: "Deliveries", refusals: "Refusals", endpoints: "Endpoints" };

function App() {
	const route = useRoute();
	const status = useLoad("status", { every: 10000, pause: 2000 });
	useHappening(status.soon);
	useEffect(() => {
		document.title = `${[route.id, titles[route.page] ?? "Not found"].filter(Boolean).join(" · ")} – Webhook Gateway`;
	}, [route]);
	useEffect(() => {
		addEventListener("keydown", shortcut);
		return () => removeEventListener("keydown", shortcut);
	}, []);
	return html`
		<a class="skip" href="#main" onClick=${skip}>Skip to content</a>
		<${Header} page=${route.page} status=${status.data} />
		<${Gone} status=${status} />
		<main id="main" tabindex="-1">${page(route, status)}</main>
		<${Notices} />
		<${Confirm} />`;
}

function page(route, status) {
	switch (route.page) {
		case "": return html`<${Overview} status=${status} />`;
		case "deliveries":
			return route.id
				? html`<${Delivery} key=${route.id} id=${route.id} />`
				: html`<${Deliveries} key="list" route=${route} status=${status} />`;
		case "refusals": return html`<${Refusals} route=${route} status=${status} />`;
		case "endpoints": return html`<${Endpoints} status=${status} />`;
		default: return html`<${NotFound} />`;
	}
}

// skip moves the focus without touching the address, which is the route.
function skip(e) {
	e.preventDefault();
	document.getElementById("main").focus();
}

// shortcut: "/" is for searching, wherever nothing is being typed.
function shortcut(e) {
	if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input, textarea, select, dialog")) return;
	const search = document.querySelector("[name=q]");
	if (search) {
		e.preventDefault();
		search.focus();
	} else {
		location.hash = "#/deliveries";
	}
}

connect();
render(html`<${App} />`, document.getElementById("app"));
