import { Field, Switch } from '@strapi/design-system';
import { styled } from 'styled-components';

/** Off is a choice like on, and no alarm. */
export const CalmSwitch = styled(Switch)`
  &[data-state='unchecked']:not([data-disabled]) {
    background-color: ${({ theme }) => theme.colors.neutral500};
  }
`;

interface FieldSwitchProps {
  checked: boolean;
  disabled: boolean;
  onCheckedChange: (checked: boolean) => void;
}

/** A switch that is the control of the field around it. */
export function FieldSwitch(props: FieldSwitchProps) {
  const { id, error, hint } = Field.useField('FieldSwitch');
  const described = error ? `${id}-error` : hint ? `${id}-hint` : undefined;
  return <CalmSwitch id={id} aria-describedby={described} {...props} />;
}
