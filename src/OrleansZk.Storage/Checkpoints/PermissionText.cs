using System.Globalization;

namespace OrleansZk.Storage.Checkpoints;

/// <summary>Permissions as the tables have them: letters out of <c>cdrwa</c>, or a number when there is more in it.</summary>
internal static class PermissionText
{
    private const string Letters = "cdrwa";
    private static readonly Permissions[] Bits =
        [Permissions.Create, Permissions.Delete, Permissions.Read, Permissions.Write, Permissions.Admin];

    public static string Format(Permissions permissions) =>
        (permissions & ~Permissions.All) != 0
            ? ((int)permissions).ToString(CultureInfo.InvariantCulture)
            : string.Concat(Letters.Where((_, i) => permissions.HasFlag(Bits[i])));

    /// <exception cref="FormatException">These are no permissions.</exception>
    public static Permissions Parse(string text)
    {
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number))
        {
            return (Permissions)number;
        }

        Permissions permissions = Permissions.None;
        foreach (char letter in text)
        {
            int bit = Letters.IndexOf(letter, StringComparison.Ordinal);
            permissions |= bit >= 0 ? Bits[bit] : throw new FormatException($"'{text}' are no permissions");
        }

        return permissions;
    }
}
