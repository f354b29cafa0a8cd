// Senders of messages, calls and chats.

import { sign, createSecretKey } from 'node:crypto';
import { parse } from 'node:querystring';
import { validateSignature as line } from '@line/bot-sdk';
import sendgrid from '@sendgrid/eventwebhook';
import bolt from '@slack/bolt';
import { verifyKey as discord } from 'discord-interactions';
import * as messagebird from 'messagebird/lib/webhook-signature-jwt.js';
import plivo from 'plivo';
import Pusher from 'pusher';
import { CheckSignature as stream } from 'stream-chat';
import Telnyx from 'telnyx';
import twilio from 'twilio';
import { getExpectedBodyHash, getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { base64, hex, inHeader, jwt, privateKey, seconds, sha256, spki } from './crypto.mjs';

const pusherKey = 'a1b2c3';

// A raw Ed25519 key is the last 32 bytes of its DER (RFC 8410).
const ed25519 = (pem, encoding) => spki(pem).subarray(-32).toString(encoding);
const signEd25519 = (pem, at, separator, body) => sign(null, Buffer.concat([Buffer.from(seconds(at) + separator), body]), privateKey(pem));

// plivoV3 is what https://docs.plivo.com/docs/voice/xml/request/validation
// describes for a POST whose URL has no query.
function plivoV3(url, form, nonce) {
	const fields = Object.entries(form).sort(([a], [b]) => (a < b ? -1 : 1));
	return `${url}?${fields.map(([name, value]) => name + value).join('')}.${nonce}`;
}

export default {
	slack: { // only checks
		sign({ secret, body, at }) {
			const signature = hex(secret, `v0:${seconds(at)}:`, body);
			return { headers: { 'X-Slack-Request-Timestamp': seconds(at), 'X-Slack-Signature': `v0=${signature}` }, signature };
		},
		accepts({ secret, headers, text }) {
			const clean = { ...headers, 'x-slack-request-timestamp': Number(headers['x-slack-request-timestamp']) };
			bolt.verifySlackRequest({ signingSecret: secret, body: text, headers: clean });
			return true;
		},
	},
	twilio: {
		sign: ({ secret, url, body }) => inHeader('X-Twilio-Signature', getExpectedTwilioSignature(secret, url, { ...parse(body.toString()) })),
		accepts: ({ secret, url, headers, text }) => twilio.validateRequest(secret, headers['x-twilio-signature'], url, { ...parse(text) }),
	},
	'twilio-json': {
		sign({ secret, url, body }) {
			const full = `${url}?bodySHA256=${getExpectedBodyHash(body)}`;
			return { ...inHeader('X-Twilio-Signature', getExpectedTwilioSignature(secret, full, {})), url: full };
		},
		accepts: ({ secret, url, headers, body }) => twilio.validateRequestWithBody(secret, headers['x-twilio-signature'], url, body),
	},
	sendgrid: { // only checks
		sign({ secret, body, at }) {
			const signature = sign('sha256', Buffer.concat([Buffer.from(seconds(at)), body]), privateKey(secret)).toString('base64');
			return inHeader(sendgrid.EventWebhookHeader.SIGNATURE(), signature, { [sendgrid.EventWebhookHeader.TIMESTAMP()]: seconds(at) });
		},
		accepts({ secret, headers, text }) {
			const check = new sendgrid.EventWebhook();
			const [signature, timestamp] = ['signature', 'timestamp'].map((name) => headers[`x-twilio-email-event-webhook-${name}`]);
			return check.verifySignature(check.convertPublicKeyToECDSA(spki(secret).toString('base64')), text, signature, timestamp);
		},
	},
	discord: { // only checks
		sign({ secret, body, at }) {
			const signature = signEd25519(secret, at, '', body).toString('hex');
			return inHeader('X-Signature-Ed25519', signature, { 'X-Signature-Timestamp': seconds(at) });
		},
		accepts: ({ secret, headers, body }) =>
			discord(body, headers['x-signature-ed25519'], headers['x-signature-timestamp'], ed25519(secret, 'hex')),
	},
	telnyx: { // only checks
		sign({ secret, body, at }) {
			const signature = signEd25519(secret, at, '|', body).toString('base64');
			return inHeader('Telnyx-Signature-Ed25519', signature, { 'Telnyx-Timestamp': seconds(at) });
		},
		async accepts({ secret, headers, text }) {
			await new Telnyx({ apiKey: 'none' }).webhooks.unwrap(text, { headers, key: ed25519(secret, 'base64') });
			return true;
		},
	},
	line: { // only checks
		sign: ({ secret, body }) => inHeader('x-line-signature', base64(secret, body)),
		accepts: ({ secret, headers, body }) => line(body, secret, headers['x-line-signature']),
	},
	messagebird: { // only checks
		sign({ secret, url, body, at }) {
			const now = Number(seconds(at));
			const { token, signature } = jwt(secret, {
				iss: 'MessageBird', nbf: now, iat: now, exp: now + 60, jti: `jti-${at.getTime()}`,
				url_hash: sha256(url).toString('hex'), payload_hash: sha256(body).toString('hex'),
			});
			return { headers: { 'MessageBird-Signature-JWT': token }, signature };
		},
		accepts: ({ secret, url, headers, body }) =>
			messagebird.verify(url, body, headers['messagebird-signature-jwt'], createSecretKey(Buffer.from(secret))),
	},
	plivo: { // only checks
		sign({ secret, url, body, at }) {
			const nonce = String(at.getTime());
			return inHeader('X-Plivo-Signature-V3', base64(secret, plivoV3(url, parse(body.toString()), nonce)), { 'X-Plivo-Signature-V3-Nonce': nonce });
		},
		accepts: ({ secret, method, url, headers, text }) => plivo.validateV3Signature(
			method, url, headers['x-plivo-signature-v3-nonce'], secret, headers['x-plivo-signature-v3'], { ...parse(text) }),
	},
	pusher: {
		sign: ({ secret, body }) => inHeader('X-Pusher-Signature', token(secret).sign(body.toString()), { 'X-Pusher-Key': pusherKey }),
		accepts: ({ secret, headers, text }) =>
			client(secret).webhook({ headers: { 'x-pusher-key': pusherKey, ...headers }, rawBody: text }).isValid(),
	},
	getstream: { // only checks
		sign: ({ secret, body }) => inHeader('X-Signature', hex(secret, body)),
		accepts: ({ secret, headers, body }) => stream(body, secret, headers['x-signature']),
	},
};

const client = (secret) => new Pusher({ appId: '1', key: pusherKey, secret, cluster: 'eu' });
const token = (secret) => client(secret).config.token;
