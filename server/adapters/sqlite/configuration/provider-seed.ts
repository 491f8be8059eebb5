import type { Provider } from '../../../ports/configuration.ts'

type Seed = Pick<Provider, 'key' | 'displayName' | 'dialAs' | 'valueKind' | 'credentials' | 'help'>

const serviceHelp =
  'The E.164 number, with +, that is registered at the vendor and attached to the assistant; not an assistant id and not a URL. ' +
  'User name and password only where the vendor asks for SIP authentication on that number.'

/** Vendors that Cloudonix knows by name, with the variants of transport it offers for some. */
const services: readonly (readonly [key: string, displayName: string])[] = [
  ['call2me', 'Call2me'],
  ['call2me-tcp', 'Call2me (TCP)'],
  ['call2me-tls', 'Call2me (TLS)'],
  ['dasha', 'Dasha'],
  ['deepvox', 'DeepVox'],
  ['deepvox-sandbox', 'DeepVox (sandbox)'],
  ['elevenlabs', 'ElevenLabs'],
  ['fonio', 'Fonio'],
  ['millis-eu', 'Millis (EU)'],
  ['millis-us', 'Millis (US)'],
  ['modon', 'Modon'],
  ['modon-sandbox', 'Modon (sandbox)'],
  ['omnidim.im', 'Omnidimension'],
  ['openai', 'OpenAI Realtime'],
  ['puretalk', 'PureTalk'],
  ['puretalk-tcp', 'PureTalk (TCP)'],
  ['rapida', 'Rapida'],
  ['relayhawk', 'RelayHawk'],
  ['retell', 'Retell'],
  ['retell-tcp', 'Retell (TCP)'],
  ['retell-tls', 'Retell (TLS)'],
  ['retell-udp', 'Retell (UDP)'],
  ['revring', 'RevRing'],
  ['ringg', 'Ringg'],
  ['ringg-tcp', 'Ringg (TCP)'],
  ['ringg-tls', 'Ringg (TLS)'],
  ['sigmamind', 'SigmaMind'],
  ['smallest', 'Smallest'],
  ['superdash.ai', 'Superdash'],
  ['synthflow', 'Synthflow'],
  ['telnyx', 'Telnyx'],
  ['telnyx-tcp', 'Telnyx (TCP)'],
  ['telnyx-tls', 'Telnyx (TLS)'],
  ['telnyx-udp', 'Telnyx (UDP)'],
  ['ultravox', 'Ultravox'],
  ['vapi', 'VAPI'],
  ['vapi-noproxy', 'VAPI (without RTP proxy)'],
  ['vapi-udp', 'VAPI (UDP)'],
  ['vogent', 'Vogent'],
  ['voicehub', 'VoiceHub'],
  ['vomyra', 'Vomyra'],
  ['x', 'x.ai'],
]

/** What a key needs said beside the usual. */
const remarks: Readonly<Record<string, string>> = {
  elevenlabs: ' Some Cloudonix pages call this vendor 11labs; change the key if calls to it fail.',
  synthflow: ' Custom numbers at Synthflow do have SIP authentication.',
}

/** Vendors reached by a WebSocket instead of a phone call. */
const streams: readonly (readonly [key: string, displayName: string, url: string])[] = [
  ['assembly.ai', 'AssemblyAI', 'naming the agent'],
  ['cloudonix', 'Cloudonix voice agent', 'naming the agent'],
  ['deepdub', 'Deepdub', 'with the bot id and its token'],
  ['dograh-cloud', 'Dograh Cloud', 'naming the agent'],
  ['dograh-oss', 'Dograh (own installation)', 'of your own installation, naming the agent'],
]

const sip: Seed = {
  key: 'sip',
  displayName: 'Any SIP address',
  dialAs: 'sip',
  valueKind: 'sipUri',
  credentials: 'optional',
  help:
    'A SIP URI such as sip:+12025550100@sip.vapi.ai or sip:agent@host:5060;transport=tcp, for vendors without a name of their own here. ' +
    'User name and password are the SIP digest credentials, if the other side asks for them.',
}

export const providerSeed: readonly Seed[] = [
  ...services.map(([key, displayName]): Seed => ({
    key,
    displayName,
    dialAs: 'service',
    valueKind: 'e164',
    credentials: 'optional',
    help: serviceHelp + (remarks[key] ?? ''),
  })),
  ...streams.map(([key, displayName, url]): Seed => ({
    key,
    displayName,
    dialAs: 'stream',
    valueKind: 'wssUrl',
    credentials: 'none',
    help: `The wss:// URL that the vendor gives, ${url}. The call's audio is streamed there.`,
  })),
  sip,
]
