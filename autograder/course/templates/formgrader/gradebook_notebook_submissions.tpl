{%- extends 'nbgrader/gradebook_notebook_submissions.tpl' -%}

{%- block head -%}
{{ super() }}
<style>
body .name-shown { display: inline; }
body .name-hidden { display: none; }
</style>
{%- endblock head -%}

{%- block messages -%}
<button id="toggle_names" onclick="toggleAllNames()">Hide All Names</button>
{%- endblock -%}
