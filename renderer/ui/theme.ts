import { createTheme, type MantineColorsTuple } from '@mantine/core'

/** Petrol: apart from every colour that means a state. */
const accent: MantineColorsTuple = [
  '#e8f4f5',
  '#cfe6e9',
  '#a3d0d5',
  '#74b8c0',
  '#4aa3ad',
  '#268d99',
  '#127a87',
  '#0b6874',
  '#08555f',
  '#05434b',
]

/** Components are small and quiet by default. Colours and sizes live in theme.css, which needs no inline style sheet. */
export const theme = createTheme({
  primaryColor: 'accent',
  colors: { accent },
  defaultRadius: 'sm',
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Button: { defaultProps: { size: 'xs' } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 'md' } },
    TextInput: { defaultProps: { size: 'sm' } },
    PasswordInput: { defaultProps: { size: 'sm' } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: false } },
    Menu: { defaultProps: { shadow: 'sm', width: 224, position: 'bottom-end' } },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } } },
    // Scroll locks write a style element; the page itself never scrolls, so none is needed.
    Modal: { defaultProps: { lockScroll: false, centered: true, overlayProps: { backgroundOpacity: 0.35 } } },
    Spotlight: { defaultProps: { overlayProps: { backgroundOpacity: 0.35, blur: 0 } } },
  },
})
