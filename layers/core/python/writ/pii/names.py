"""First names that many people have, from the yearly lists of national registers of births.

US Social Security Administration, UK Office for National Statistics, INSEE, Destatis, INE, ISTAT and others;
without those that are also words of English, months, places or software.
"""

from __future__ import annotations

from typing import Final

_LISTED: Final = """
    Aaron Abigail Adam Adrian Agnes Ahmed Aisha Alan Albert Alejandro Alessandro Alexander Alexandra
    Alfred Ali Alice Alicia Alison Allison Amanda Amelia Amir Amy Ana Anders Andrea Andreas Andrew Andrzej
    Angela Anita Ann Anna Anne Annette Annie Anthony Antoine Antonio Arthur Ashley Astrid Audrey Barbara
    Beatrice Benjamin Bernard Bernd Betty Birgit Bjorn Björn Bradley Brandon Brenda Brian Bruce Bryan
    Camille Carl Carla Carlos Carmen Carol Caroline Carolyn Catherine Cecilia Charles Charlotte Cheryl
    Chloe Chloé Christina Christine Christopher Claire Clara Claude Claudia Claus Connor Craig Cynthia
    Céline Daniel Daniela Danielle David Deborah Debra Denise Dennis Diana Diane Diego Dieter Dmitri
    Dolores Dominic Donald Donna Doris Dorothy Douglas Dylan Edith Eduardo Edward Eileen Elaine Eleanor
    Elena Elisabeth Elizabeth Ella Ellen Emily Emma Eric Erik Erika Ernst Esther Ethan Eugene Eva Evelyn
    Fatima Federico Felix Fernando Fiona Florence Frances Francesca Francesco Francis Francisco Franz
    François Françoise Frederick Friedrich Fritz Gabriel Gabriela Gareth Gary George Gerald Gerhard
    Gertrude Giorgio Giovanni Giulia Giuseppe Gloria Gordon Graham Greg Gregory Guillaume Gustav Hans
    Harold Harriet Harry Hassan Heather Heinrich Heinz Helen Helena Helga Helmut Henri Henrik Henry
    Herbert Hiroshi Howard Hugh Hugo Ian Ibrahim Ingrid Inés Irene Isaac Isabel Isabella Ivan Jacek Jacob
    Jacqueline Jacques Jakob James Jamie Jan Jane Janet Janice Jason Javier Jean Jeffrey Jennifer Jens
    Jeremy Jerome Jerry Jesse Jessica Jill Jim Joan Joanna Joanne Joao Johan Johann Johannes John Johnny
    Jonas Jonathan Jorge Jose Josef Joseph Joshua José Joyce João Juan Judith Judy Julian Julie Juliette
    Justin Jürgen Kaitlyn Karen Karin Karl Kate Katherine Kathleen Kathryn Katie Kayla Keith Kelly Kenji
    Kenneth Kevin Kimberly Klaus Krzysztof Kurt Kyle Lars Laura Lauren Laurence Lawrence Leah Leonard
    Leonardo Leslie Liam Linda Lisa Lois Lorenzo Lori Louis Louise Lucas Lucia Lucy Lucía Luigi Luis Lukas
    Luke Lydia Magdalena Manfred Manuel Marc Marcel Marco Marcus Margaret Margit Maria Marie Marilyn Mario
    Marion Marlene Marta Martha Martin Mary María Mateusz Mathieu Matteo Matthew Matthias Maureen Maurice
    Megan Melanie Melissa Michael Michał Michel Michele Michelle Miguel Mihai Mohamed Mohammad Mohammed
    Monika Monique Morgan Muhammad Nancy Natalia Natalie Nathan Neil Nicholas Nicola Nicolas Nicole Nigel
    Nikolai Nina Noah Nora Norbert Norman Olga Oliver Olivia Omar Oscar Otto Pablo Pamela Paolo Patricia
    Patrick Paul Paula Pauline Pedro Peggy Peter Petra Philip Philippe Phillip Pierre Piotr Rachel Rafael
    Raj Ralph Ramon Randall Raymond Rebecca Renate Renée Ricardo Richard Rita Robert Roberto Robin Roger
    Roland Ronald Rosemary Roy Russell Ruth Ryan Sabine Sally Salvatore Samantha Samuel Sandra Sara Sarah
    Scott Sean Sebastian Sergei Sergio Sharon Shirley Silvia Simon Simone Sofia Sophia Sophie Stacy
    Stanley Stefan Stephanie Stephen Steven Stuart Susan Susanne Svetlana Sylvia Takashi Tamara Teresa
    Theodore Theresa Thierry Thomas Tiffany Timothy Tobias Todd Tomasz Tony Tracy Travis Trevor Ulrich
    Ursula Valentina Valerie Vanessa Veronica Vicente Victor Victoria Vincent Virginia Vladimir Walter
    Wanda Wayne Wendy Werner Wilhelm William Wolfgang Xavier Yolanda Yuki Yusuf Yvonne Zachary Zoe Zofia
"""
FIRST_NAMES: Final = frozenset(_LISTED.split())
