// Senders of Standard Webhooks and of what came before it, Svix.

import OpenAI from 'openai';
import { validateWebhook } from 'replicate';
import { Resend } from 'resend';
import * as standard from 'standardwebhooks';
import * as svix from 'svix';
import { seconds } from './crypto.mjs';

let serial = 0;

// signer signs with the SDK; prefix is that of its three headers.
function signer(Webhook, prefix, key = (secret) => secret) {
	return ({ secret, body, at }) => {
		const id = `msg_${at.getTime()}_${++serial}`;
		const value = new Webhook(key(secret)).sign(id, at, body.toString());
		const headers = { [`${prefix}-id`]: id, [`${prefix}-timestamp`]: seconds(at), [`${prefix}-signature`]: value };
		return { headers, signature: value.slice('v1,'.length) };
	};
}

// The SDKs of this kind throw, or return the parsed body.
const checker = (Webhook, key = (secret) => secret) => ({ secret, headers, body }) => {
	new Webhook(key(secret)).verify(body, headers);
	return true;
};

// Supabase has its users take off the first half of the prefix: "v1,whsec_".
const afterVersion = (secret) => secret.replace('v1,', '');

export default {
	'standard-webhooks': {
		sign: signer(standard.Webhook, 'webhook'),
		accepts: checker(standard.Webhook),
	},
	svix: {
		sign: signer(svix.Webhook, 'svix'),
		accepts: checker(svix.Webhook),
	},
	'svix-unbranded': {
		sign: signer(svix.Webhook, 'webhook'),
		accepts: checker(svix.Webhook),
	},
	clerk: { // whose docs have their users take Svix's SDK
		sign: signer(svix.Webhook, 'svix'),
		accepts: checker(svix.Webhook),
	},
	'supabase-auth-hooks': { // whose docs have their users take standardwebhooks
		sign: signer(standard.Webhook, 'webhook', afterVersion),
		accepts: checker(standard.Webhook, afterVersion),
	},
	openai: {
		sign: signer(standard.Webhook, 'webhook'),
		async accepts({ secret, headers, text }) {
			await new OpenAI({ apiKey: 'none' }).webhooks.verifySignature(text, headers, secret);
			return true;
		},
	},
	replicate: {
		sign: signer(standard.Webhook, 'webhook'),
		accepts: ({ secret, headers, text }) => validateWebhook({ headers, body: text }, secret),
	},
	resend: {
		sign: signer(svix.Webhook, 'svix'),
		accepts({ secret, headers, text }) {
			const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((name) => headers[`svix-${name}`]);
			new Resend('none').webhooks.verify({ payload: text, headers: { id, timestamp, signature }, webhookSecret: secret });
			return true;
		},
	},
};
