{%- extends 'nbgrader/base.tpl' -%}

{%- block script -%}
{% include 'links.html.j2' %}
{%- endblock -%}
