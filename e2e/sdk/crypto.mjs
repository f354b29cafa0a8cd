// What providers sign with where their SDK can only check.

import { createHash, createHmac, createPrivateKey, createPublicKey } from 'node:crypto';

export const hex = (secret, ...parts) => mac('sha256', secret, parts).digest('hex');
export const base64 = (secret, ...parts) => mac('sha256', secret, parts).digest('base64');
export const sha256 = (data) => createHash('sha256').update(data).digest();

// mac covers the parts one after the other, text or bytes.
function mac(algorithm, secret, parts) {
	return parts.reduce((m, part) => m.update(part), createHmac(algorithm, secret));
}

// seconds since 1970, as text.
export const seconds = (at) => String(Math.floor(at / 1000));

export const privateKey = (pem) => createPrivateKey(pem);

// spki is the public key of a private one: DER of a SubjectPublicKeyInfo.
export const spki = (pem) => createPublicKey(pem).export({ type: 'spki', format: 'der' });

// jwt is a token of RFC 7519 with HS256.
export function jwt(secret, claims) {
	const input = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
	const signature = createHmac('sha256', secret).update(input).digest('base64url');
	return { token: `${input}.${signature}`, signature };
}

// inHeader is a signature that is all of one header's value.
export const inHeader = (name, signature, more = {}) => ({ headers: { [name]: signature, ...more }, signature });
