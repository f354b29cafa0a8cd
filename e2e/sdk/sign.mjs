// The providers' own SDKs, as senders and as judges, for the end-to-end test
// sdk_test.go. A process that lives as long as the test: it reads one JSON
// object per line from stdin and answers each with one line, in order.
//
//   {"op":"sign","sender","secret","options":{},"url","contentType","body","age"}
//       what the provider would send `age` seconds ago, as
//       {"url","headers":{},"body","signature","accepted","error"}: signature is
//       the text that proves it, wherever it is, and accepted is what the SDK's
//       own check says of it.
//   {"op":"verify","sender","secret","options":{},"method","url","headers":{},"body"}
//       whether the SDK takes a request, as {"accepted","error"}
//   {"op":"senders"}   the names of all senders, as {"senders":[]}
//   {"op":"examples"}  @octokit/webhooks-examples, as {"examples":[{"event","body"}]}
//
// Bodies are base64. A secret of an asymmetric scheme is a private key (PKCS#8,
// PEM), from which the SDK's public key is derived.
//
// A sender has two functions. sign({secret, options, url, contentType, body, at})
// returns {headers, signature} and, where the signature is not in a header, url
// or body; it uses the SDK's signer where there is one. Where an SDK can only
// check, node:crypto signs what the provider documents, and no such request is
// sent before the SDK has accepted it. accepts({secret, options, method, url,
// headers, body, text}) is the SDK's check: true, or anything else for no.
//
// The test installs package-lock.json with `npm ci` in the user's cache. To add
// or raise a version, edit package.json and run `npm install
// --package-lock-only` here; .npmrc keeps the registry's address out.

import { createInterface } from 'node:readline';
import examples from '@octokit/webhooks-examples' with { type: 'json' };
import messaging from './messaging.mjs';
import payments from './payments.mjs';
import platforms from './platforms.mjs';
import standard from './standard.mjs';

const senders = { ...standard, ...payments, ...messaging, ...platforms };

// Some SDKs log what they refuse; stdout is for answers.
console.log = console.info = console.warn = console.debug = console.error;

const operations = {
	async sign({ sender, secret, options, url, contentType, body, age }) {
		const request = { secret, options, url, contentType, body: Buffer.from(body, 'base64'), at: new Date(Date.now() - age * 1000) };
		const signed = await senders[sender].sign(request);
		const sent = {
			url: signed.url ?? url,
			headers: { 'Content-Type': contentType, ...signed.headers },
			body: Buffer.from(signed.body ?? request.body),
		};
		const verdict = await judge({ ...sent, sender, secret, options, method: 'POST' });
		return { ...sent, ...verdict, body: sent.body.toString('base64'), signature: signed.signature };
	},
	verify: (request) => judge({ ...request, body: Buffer.from(request.body, 'base64') }),
	senders: () => ({ senders: Object.keys(senders) }),
	examples: () => ({
		examples: examples.flatMap(({ name, examples: payloads }) =>
			payloads.map((payload) => ({ event: name, body: Buffer.from(JSON.stringify(payload)).toString('base64') }))),
	}),
};

// judge asks the SDK, which sees header names in lower case, as node has them.
async function judge({ sender, headers, ...request }) {
	const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
	try {
		const accepted = await senders[sender].accepts({ ...request, headers: lower, text: request.body.toString() });
		return { accepted: accepted === true };
	} catch (err) {
		return { accepted: false, error: String(err?.message ?? err) };
	}
}

for await (const line of createInterface({ input: process.stdin })) {
	let answer;
	try {
		const { op, ...request } = JSON.parse(line);
		answer = await operations[op](request);
	} catch (err) {
		answer = { failed: String(err?.stack ?? err) };
	}
	process.stdout.write(JSON.stringify(answer) + '\n');
}
