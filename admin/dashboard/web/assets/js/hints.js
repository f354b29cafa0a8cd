// What to try when there is nothing yet.

export const storeHint = `{
	webhook_gateway {
		store sqlite webhooks.db
	}
}`;

export const endpointHint = `webhook_gateway /github github {
	verify github {$GITHUB_SECRET}
	to localhost:3000
}`;

// sendHint is a command that sends a signed test event.
export function sendHint(endpoint) {
	const provider = endpoint?.provider || "github";
	const variable = provider.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
	return `caddy webhook send --provider ${provider} --secret '{env.${variable}_SECRET}' <the endpoint's URL>`;
}
