// Senders of code, content, identity and media.

import { signRequest, verifyRequest } from '@contentful/node-apps-toolkit';
import { EventCallbackHelper, EventCallbackRequest } from '@dropbox/sign';
import { verifyWebhookSignature as hookdeck } from '@hookdeck/sdk/webhooks/helpers.js';
import { Signature as HubSpot } from '@hubspot/api-client';
import { LinearWebhookClient } from '@linear/sdk/webhooks';
import Mux from '@mux/mux-node';
import { signWebhookPayload, verifyWebhookSignature } from '@notionhq/client';
import * as octokit from '@octokit/webhooks-methods';
import { WebhookEventVerifier as Onfido } from '@onfido/api';
import * as sanity from '@sanity/webhook';
import { Receiver } from '@upstash/qstash';
import { WorkOS } from '@workos-inc/node';
import atlassian from 'atlassian-jwt';
import { v2 as cloudinary } from 'cloudinary';
import { base64, hex, inHeader, jwt, seconds, sha256 } from './crypto.mjs';

const workos = new WorkOS('none');
const mux = new Mux({ tokenId: 'none', tokenSecret: 'none' });
const hubspot = ({ secret, url, text }, timestamp) => ({ clientSecret: secret, url, requestBody: text, timestamp });
const pathOf = (url) => url.slice(new URL(url).origin.length);

// The JSON of Dropbox Sign is a field of a form: of a multipart one, as it is sent.
const callback = (text) => JSON.parse(new URLSearchParams(text).get('json') ?? /name="json"\r\n\r\n(.*)\r\n--/s.exec(text)[1]);

// A Connect app's base URL is all of the address before its path.
const queryHash = (url) => atlassian.createQueryStringHash(atlassian.fromMethodAndUrl('POST', pathOf(url)));

export default {
	github: {
		async sign({ secret, body }) {
			const value = await octokit.sign(secret, body.toString());
			return { headers: { 'X-Hub-Signature-256': value, 'X-GitHub-Event': 'push' }, signature: value.slice('sha256='.length) };
		},
		accepts: ({ secret, headers, text }) => octokit.verify(secret, text, headers['x-hub-signature-256']),
	},
	linear: { // only checks; the time is in the body
		sign({ secret, body, at }) {
			const stamped = JSON.stringify({ ...JSON.parse(body), webhookTimestamp: at.getTime() });
			return { ...inHeader('Linear-Signature', hex(secret, stamped)), body: stamped };
		},
		accepts: ({ secret, headers, body }) => new LinearWebhookClient(secret).verify(body, headers['linear-signature']),
	},
	workos: {
		async sign({ secret, body, at }) {
			const signature = await workos.webhooks.computeSignature(at.getTime(), JSON.parse(body), secret);
			return { headers: { 'WorkOS-Signature': `t=${at.getTime()}, v1=${signature}` }, signature };
		},
		accepts: ({ secret, headers, text }) =>
			workos.webhooks.verifyHeader({ payload: JSON.parse(text), sigHeader: headers['workos-signature'], secret }),
	},
	contentful: {
		sign({ secret, url, contentType, body, at }) {
			const request = { method: 'POST', path: pathOf(url), headers: { 'content-type': contentType }, body: body.toString() };
			const headers = signRequest(secret, request, at.getTime());
			return { headers, signature: headers['x-contentful-signature'] };
		},
		accepts: ({ secret, method, url, headers, text }) => verifyRequest(secret, { method, path: pathOf(url), headers, body: text }),
	},
	sanity: {
		async sign({ secret, body, at }) {
			const header = await sanity.encodeSignatureHeader(body.toString(), at.getTime(), secret);
			return { headers: { [sanity.SIGNATURE_HEADER_NAME]: header }, signature: header.split('v1=')[1] };
		},
		accepts: ({ secret, headers, text }) => sanity.isValidSignature(text, headers[sanity.SIGNATURE_HEADER_NAME], secret),
	},
	hubspot: {
		sign({ secret, url, body, at }) {
			const options = hubspot({ secret, url, text: body.toString() }, at.getTime());
			const signature = HubSpot.getSignature('POST', 'v3', options);
			return inHeader('X-HubSpot-Signature-v3', signature, { 'X-HubSpot-Request-Timestamp': String(at.getTime()) });
		},
		accepts({ headers, method, ...request }) {
			const options = hubspot(request, Number(headers['x-hubspot-request-timestamp']));
			return HubSpot.isValid({ ...options, method, signatureVersion: 'v3', signature: headers['x-hubspot-signature-v3'] });
		},
	},
	'hubspot-v1': {
		sign: ({ secret, url, body }) =>
			inHeader('X-HubSpot-Signature', HubSpot.getSignature('POST', 'v1', hubspot({ secret, url, text: body.toString() })), { 'X-HubSpot-Signature-Version': 'v1' }),
		accepts: ({ headers, method, ...request }) =>
			HubSpot.isValid({ ...hubspot(request), method, signatureVersion: 'v1', signature: headers['x-hubspot-signature'] }),
	},
	'hubspot-v2': {
		sign: ({ secret, url, body }) =>
			inHeader('X-HubSpot-Signature', HubSpot.getSignature('POST', 'v2', hubspot({ secret, url, text: body.toString() })), { 'X-HubSpot-Signature-Version': 'v2' }),
		accepts: ({ headers, method, ...request }) =>
			HubSpot.isValid({ ...hubspot(request), method, signatureVersion: 'v2', signature: headers['x-hubspot-signature'] }),
	},
	'atlassian-connect': { // its check of the age is left to the app
		sign({ secret, url, at }) {
			const now = Number(seconds(at));
			const token = atlassian.encodeSymmetric({ iss: 'jira:1', iat: now, exp: now + 180, qsh: queryHash(url) }, secret);
			return { headers: { Authorization: `JWT ${token}` }, signature: token.split('.')[2] };
		},
		accepts({ secret, url, headers }) {
			const claims = atlassian.decodeSymmetric(headers.authorization.replace('JWT ', ''), secret, 'HS256');
			return claims.qsh === queryHash(url);
		},
	},
	mux: {
		async sign({ secret, body, at }) {
			const signature = await mux.webhooks.computeSignature(`${seconds(at)}.${body}`, secret);
			return { headers: { 'Mux-Signature': `t=${seconds(at)},v1=${signature}` }, signature };
		},
		async accepts({ secret, headers, text }) {
			await mux.webhooks.verifySignature(text, headers, secret);
			return true;
		},
	},
	notion: {
		async sign({ secret, body }) {
			const value = await signWebhookPayload({ body: body.toString(), verificationToken: secret });
			return { headers: { 'X-Notion-Signature': value }, signature: value.slice('sha256='.length) };
		},
		accepts: ({ secret, headers, text }) =>
			verifyWebhookSignature({ body: text, signature: headers['x-notion-signature'], verificationToken: secret }),
	},
	onfido: { // only checks
		sign: ({ secret, body }) => inHeader('X-SHA2-Signature', hex(secret, body)),
		accepts({ secret, headers, body }) {
			new Onfido(secret).readPayload(body, headers['x-sha2-signature']);
			return true;
		},
	},
	cloudinary: {
		sign({ secret, body, at }) {
			const signature = cloudinary.utils.webhook_signature(body.toString(), seconds(at), { api_secret: secret });
			return inHeader('X-Cld-Signature', signature, { 'X-Cld-Timestamp': seconds(at) });
		},
		accepts({ secret, headers, text }) {
			cloudinary.config({ api_secret: secret });
			return cloudinary.utils.verifyNotificationSignature(text, Number(headers['x-cld-timestamp']), headers['x-cld-signature']);
		},
	},
	qstash: { // only checks
		sign({ secret, url, body, at }) {
			const now = Number(seconds(at));
			const { token, signature } = jwt(secret, {
				iss: 'Upstash', sub: url, iat: now, nbf: now, exp: now + 300, jti: `jwt_${at.getTime()}`, body: sha256(body).toString('base64url'),
			});
			return { headers: { 'Upstash-Signature': token }, signature };
		},
		accepts: ({ secret, url, headers, text }) =>
			new Receiver({ currentSigningKey: secret, nextSigningKey: secret }).verify({ signature: headers['upstash-signature'], body: text, url }),
	},
	'dropbox-sign': { // only checks; covers the event's time and type
		sign({ secret, body }) {
			const { event } = callback(body.toString());
			const signature = hex(secret, event.event_time, event.event_type);
			return { body: body.toString().replace(event.event_hash, signature), signature };
		},
		accepts: ({ secret, text }) => EventCallbackHelper.isValid(secret, EventCallbackRequest.init(callback(text))),
	},
	hookdeck: { // only checks
		sign: ({ secret, body }) => inHeader('X-Hookdeck-Signature', base64(secret, body)),
		async accepts({ secret, headers, text }) {
			const { isValidSignature } = await hookdeck({ headers, rawBody: text, signingSecret: secret });
			return isValidSignature;
		},
	},
};
