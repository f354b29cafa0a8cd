// Filters that live in the address.
import { useEffect, useRef } from "./lib.js";
import { go, link } from "./router.js";

// useFilterForm ties a form to the query of a page: the fields show it, and
// submitting changes it. Selects do so at once. options is anything that
// changes when other values can be chosen.
export function useFilterForm(page, query, options) {
	const form = useRef(null);
	useEffect(() => {
		for (const field of form.current.elements) {
			if (field.name) field.value = query[field.name] ?? "";
		}
	}, [query, options]);
	const submit = (e) => {
		e.preventDefault();
		const fields = {};
		for (const [name, value] of new FormData(form.current)) fields[name] = value.trim();
		go(link(page, "", fields));
	};
	const change = (e) => e.target.tagName === "SELECT" && submit(e);
	return { ref: form, onSubmit: submit, onChange: change };
}
