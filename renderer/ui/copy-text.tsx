import { ActionIcon, CopyButton, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'

interface CopyTextProps {
  readonly value: string
  /** What is copied, for those who do not see the icon: "Copy the caller's number". */
  readonly label: string
}

export const CopyText = ({ value, label }: CopyTextProps) => (
  <CopyButton value={value} timeout={1500}>
    {({ copied, copy }) => (
      <Tooltip label={copied ? 'Copied' : label}>
        <ActionIcon size="sm" onClick={copy} aria-label={copied ? 'Copied' : label}>
          {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        </ActionIcon>
      </Tooltip>
    )}
  </CopyButton>
)
