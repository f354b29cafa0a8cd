// Senders of payments, shops and parcels.

import adyen from '@adyen/api-library';
import EasyPost from '@easypost/api';
import { Paddle } from '@paddle/paddle-node-sdk';
import { ApiVersion, shopifyApi } from '@shopify/shopify-api';
import '@shopify/shopify-api/adapters/node';
import braintree from 'braintree';
import coinbase from 'coinbase-commerce-node';
import { WebhookSignature as Fintoc } from 'fintoc';
import { verifySignature as gocardless } from 'gocardless-nodejs';
import { WebhookSignatureValidator as MercadoPago } from 'mercadopago';
import Razorpay from 'razorpay';
import { WebhooksHelper as Square } from 'square';
import Stripe from 'stripe';
import { base64, hex, inHeader, seconds } from './crypto.mjs';

const stripe = new Stripe('none');
const Adyen = new adyen.hmacValidator();
const item = (text) => JSON.parse(text).notificationItems[0].NotificationRequestItem;

const gateway = ({ secret, options }) => new braintree.BraintreeGateway({
	environment: braintree.Environment.Sandbox, merchantId: 'm', publicKey: options.public_key, privateKey: secret,
});

const shopify = (secret) => shopifyApi({
	apiKey: 'none', apiSecretKey: secret, apiVersion: ApiVersion.January26 ?? Object.values(ApiVersion).at(-1),
	hostName: 'hooks.example.com', isEmbeddedApp: false, logger: { log: () => {} },
});

const shopifyHeaders = {
	'X-Shopify-Topic': 'orders/paid', 'X-Shopify-Shop-Domain': 'example.myshopify.com',
	'X-Shopify-API-Version': '2026-01', 'X-Shopify-Webhook-Id': 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
};

export default {
	stripe: {
		sign({ secret, body, at }) {
			const header = stripe.webhooks.generateTestHeaderString({ payload: body.toString(), secret, timestamp: Number(seconds(at)) });
			return { headers: { 'Stripe-Signature': header }, signature: header.split('v1=')[1] };
		},
		accepts({ secret, headers, body }) {
			stripe.webhooks.constructEvent(body, headers['stripe-signature'], secret);
			return true;
		},
	},
	shopify: { // only checks
		sign: ({ secret, body }) => inHeader('X-Shopify-Hmac-Sha256', base64(secret, body), shopifyHeaders),
		async accepts({ secret, headers, text, method, url }) {
			// What is not signed need not be there when the gateway signs.
			const rawRequest = { method, url, headers: { ...lower(shopifyHeaders), ...headers } };
			const { valid } = await shopify(secret).webhooks.validate({ rawBody: text, rawRequest, rawResponse: {} });
			return valid;
		},
	},
	square: { // only checks
		sign: ({ secret, url, body }) => inHeader('x-square-hmacsha256-signature', base64(secret, url, body)),
		accepts: ({ secret, url, headers, text }) => Square.verifySignature({
			requestBody: text, signatureHeader: headers['x-square-hmacsha256-signature'], signatureKey: secret, notificationUrl: url,
		}),
	},
	adyen: {
		sign({ secret, body }) {
			const notification = JSON.parse(body);
			const [{ NotificationRequestItem: signed }] = notification.notificationItems;
			signed.additionalData = { hmacSignature: Adyen.calculateHmac(signed, secret) };
			return { body: JSON.stringify(notification), signature: signed.additionalData.hmacSignature };
		},
		accepts: ({ secret, text }) => Adyen.validateHMAC(item(text), secret),
	},
	'adyen-platform': {
		sign: ({ secret, body }) => inHeader('HmacSignature', Adyen.calculateHmac(body.toString(), secret)),
		accepts: ({ secret, headers, text }) => Adyen.validateHMACSignature(secret, headers.hmacsignature, text),
	},
	braintree: {
		sign({ secret, options, body }) {
			const form = new URLSearchParams(body.toString());
			const signature = gateway({ secret, options }).webhookTesting.sampleSignature(form.get('bt_payload'));
			return { body: `bt_signature=${encodeURIComponent(signature)}&${body}`, signature: signature.split('|')[1] };
		},
		async accepts({ secret, options, text }) {
			const form = new URLSearchParams(text);
			await gateway({ secret, options }).webhookNotification.parse(form.get('bt_signature'), form.get('bt_payload'));
			return true;
		},
	},
	paddle: { // only checks, and takes nothing older than five seconds
		sign({ secret, body, at }) {
			const signature = hex(secret, `${seconds(at)}:`, body);
			return { headers: { 'Paddle-Signature': `ts=${seconds(at)};h1=${signature}` }, signature };
		},
		accepts: ({ secret, headers, text }) => new Paddle('none').webhooks.isSignatureValid(text, secret, headers['paddle-signature']),
	},
	razorpay: { // only checks
		sign: ({ secret, body }) => inHeader('X-Razorpay-Signature', hex(secret, body)),
		accepts: ({ secret, headers, text }) => Razorpay.validateWebhookSignature(text, headers['x-razorpay-signature'], secret),
	},
	'coinbase-commerce': {
		sign: ({ secret, body }) => inHeader('X-CC-Webhook-Signature', coinbase.Webhook.computeSignature(body.toString(), secret)),
		accepts: ({ secret, headers, text }) => coinbase.Webhook.verifySigHeader(text, headers['x-cc-webhook-signature'], secret),
	},
	gocardless: { // only checks
		sign: ({ secret, body }) => inHeader('Webhook-Signature', hex(secret, body)),
		accepts({ secret, headers, body }) {
			gocardless(body, secret, headers['webhook-signature']);
			return true;
		},
	},
	'mercado-pago': { // only checks; covers the id in the query, and not the body
		sign({ secret, url, at }) {
			const id = new URL(url).searchParams.get('data.id').toLowerCase();
			const signature = hex(secret, `id:${id};request-id:req-1;ts:${seconds(at)};`);
			return { headers: { 'x-signature': `ts=${seconds(at)},v1=${signature}`, 'x-request-id': 'req-1' }, signature };
		},
		accepts({ secret, url, headers }) {
			MercadoPago.validate({
				xSignature: headers['x-signature'], xRequestId: headers['x-request-id'], secret,
				dataId: new URL(url).searchParams.get('data.id')?.toLowerCase(),
			});
			return true;
		},
	},
	fintoc: {
		sign({ secret, body, at }) {
			const signature = Fintoc.computeSignature(body, Number(seconds(at)), secret);
			return { headers: { 'Fintoc-Signature': `t=${seconds(at)},v1=${signature}` }, signature };
		},
		accepts({ secret, headers, body }) {
			Fintoc.verifyHeader(body, headers['fintoc-signature'], secret);
			return true;
		},
	},
	easypost: { // only checks
		sign({ secret, body }) {
			const signature = hex(secret.normalize('NFKD'), body);
			return { headers: { 'X-Hmac-Signature': `hmac-sha256-hex=${signature}` }, signature };
		},
		accepts({ secret, headers, body }) {
			new EasyPost('none').Utils.validateWebhook(body, headers, secret);
			return true;
		},
	},
};

function lower(headers) {
	return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
