package canonical

import "strings"

// MercadoPago returns the manifest that Mercado Pago signs, without the parts
// that are empty: the query's data.id in lower case, the header X-Request-Id
// and the timestamp as sent. See
// https://www.mercadopago.com.br/developers/en/docs/your-integrations/notifications/webhooks
//
// It returns "", which Mercado Pago never signs, when the timestamp is not
// digits, or when a value has a ";", by which one value could pass for two.
func MercadoPago(dataID, requestID, ts string) string {
	dataID, requestID = strings.TrimSpace(dataID), strings.TrimSpace(requestID)
	if ts == "" || strings.Trim(ts, "0123456789") != "" || strings.Contains(dataID+requestID, ";") {
		return ""
	}
	text := "ts:" + ts + ";"
	if requestID != "" {
		text = "request-id:" + requestID + ";" + text
	}
	if dataID != "" {
		text = "id:" + strings.ToLower(dataID) + ";" + text
	}
	return text
}
